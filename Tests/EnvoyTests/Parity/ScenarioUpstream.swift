import Foundation
import Synchronization

/// An HTTP/1.1 server that gives the answer it was told to give, byte for byte, and keeps what it was asked.
final class ScenarioUpstream: Sendable {
  private struct State {
    var answer = ScenarioMessage(start: [":status": "500"])
    var requests: [ScenarioMessage] = []
    var failures: [String] = []
  }

  let port: Int
  private let state = Mutex(State())

  init() throws {
    let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in.loopback(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard withSocketAddress(&address, { bind(listener, $0, $1) }) == 0, listen(listener, 128) == 0,
      withSocketAddress(&address, { pointer, _ in getsockname(listener, pointer, &size) }) == 0
    else {
      close(listener)
      throw Failure("listen: \(String(cString: strerror(errno)))")
    }
    port = Int(in_port_t(bigEndian: address.sin_port))
    // For as long as the test process lives.
    Thread.detachNewThread { [weak self] in
      while case let socket = accept(listener, nil, nil), socket >= 0 {
        guard let self else { break }
        Thread.detachNewThread { self.serve(ScenarioWire(socket: socket, seconds: 0)) }
      }
      close(listener)
    }
  }

  /// Runs `body` while every request gets `answer`; gives the requests that came. One at a time.
  func answering<Result>(
    with answer: ScenarioMessage, _ body: () throws -> Result
  ) throws -> (Result, requests: [ScenarioMessage]) {
    state.withLock { $0 = State(answer: answer) }
    let result = try body()
    let state = state.withLock { $0 }
    if let failure = state.failures.first {
      throw Failure("the upstream was sent what is no HTTP: \(failure)")
    }
    return (result, state.requests)
  }

  private func serve(_ wire: ScenarioWire) {
    do {
      while let request = try wire.receiveRequest() {
        let answer = state.withLock { state in
          state.requests.append(request)
          return state.answer
        }
        try wire.send(answer)
        // What follows an upgrade is sent back as it comes.
        if answer.start[":status"] == "101" {
          while let bytes = try wire.receiveSome() { try wire.send(bytes) }
        }
      }
    } catch {
      state.withLock { $0.failures.append("\(error)") }
    }
  }
}
