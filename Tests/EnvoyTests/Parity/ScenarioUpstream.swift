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
    let listener = try LoopbackListener()
    port = listener.port
    listener.serve { [weak self] in self?.serve(ScenarioWire(socket: $0, seconds: 0)) }
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
