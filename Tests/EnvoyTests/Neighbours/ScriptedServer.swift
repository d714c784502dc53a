import Synchronization

/// A server of HTTP/1.1 and HTTP/2 that gives the answers it was told to give, one after the other, and keeps what it was
/// asked.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    /// Which of its connections it came on.
    let connection: Int
    let message: ScenarioMessage
  }

  /// What came since the last script began.
  struct Taken: Sendable {
    var requests: [Request] = []
    /// Connections that ended in the middle of a request, or spoke no HTTP.
    var failures: [String] = []
  }

  private struct State {
    var answers: [ScenarioMessage] = []
    var taken = Taken()
    var connections = 0
  }

  let port: Int
  private let state = Mutex(State())

  init() throws {
    let listener = try LoopbackListener()
    port = listener.port
    listener.serve { [weak self] in self?.serve(SocketStream($0, seconds: 0)) }
  }

  /// - Parameter answers: to the requests from now on; the last one again and again.
  func script(_ answers: [ScenarioMessage]) {
    state.withLock {
      $0.answers = answers
      $0.taken = Taken()
    }
  }

  var taken: Taken { state.withLock { $0.taken } }

  private func serve(_ stream: SocketStream) {
    let connection = state.withLock {
      $0.connections += 1
      return $0.connections
    }
    do {
      guard try stream.peek(4) == Array("PRI ".utf8) else {
        let wire = ScenarioWire(stream)
        while let request = try wire.receiveRequest() { try wire.send(answer(request, connection)) }
        return
      }
      guard try stream.take(HTTP2Wire.preface.count, "the preface") == HTTP2Wire.preface else {
        throw Failure("another preface")
      }
      let wire = try HTTP2Wire(servingOn: stream)
      while let (id, request) = try wire.receiveRequest() {
        try wire.send(answer(request, connection), on: id)
      }
    } catch {
      state.withLock { $0.taken.failures.append("\(error)") }
    }
  }

  private func answer(_ request: ScenarioMessage, _ connection: Int) -> ScenarioMessage {
    state.withLock { state in
      state.taken.requests.append(Request(connection: connection, message: request))
      let number = min(state.taken.requests.count, state.answers.count) - 1
      return number < 0 ? ScenarioMessage(start: [":status": "500"], framing: .length) : state.answers[number]
    }
  }
}
