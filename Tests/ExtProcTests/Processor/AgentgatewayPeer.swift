@testable import ExtProc
@testable import GRPC
@testable import Transformation

/// Plays agentgateway's side of one exchange, as its sources have it (crates/agentgateway/src/http/ext_proc.rs): pseudo
/// headers come last and in `value`; a body in an answer to headers is taken where a body message would be sent too;
/// CONTINUE_AND_REPLACE means nothing to it.
struct AgentgatewayPeer {
  /// What goes on of a message.
  enum Outcome: Equatable {
    case passed(headers: [String: String], body: String)
    /// By an immediate response.
    case refused(status: UInt32, details: String)
    /// It waits for an answer that does not come, or for room that nobody makes.
    case hangs
    /// It answers with an error of its own.
    case fails(String)
  }

  let peer: EnvoyPeer
  private let modes: EnvoyPeer.Modes
  /// Up to 1.2.1 no `protocol_config` is sent.
  private let declares: Bool

  init(
    _ configuration: Configuration, _ request: BodyMode = .fullDuplexStreamed,
    _ response: BodyMode = .fullDuplexStreamed, declares: Bool = true,
    undeclaredBodyMode: BodyMode = .undeclared, transformation: String? = nil
  ) {
    modes = .init(request, response)
    self.declares = declares
    peer = EnvoyPeer(
      configuration, modes: declares ? modes : nil, undeclaredBodyMode: undeclaredBodyMode,
      transformation: transformation, fillsValue: true)
  }

  /// - Parameters:
  ///   - body: its pieces; nil is none at all.
  ///   - isCut: with BUFFERED_PARTIAL, more follows than was collected.
  func exchange(
    _ direction: Direction, _ headers: [(String, String)], body: [String]? = nil, isCut: Bool = false
  ) -> Outcome {
    var message = Message(headers: headers)
    let mode = direction == .request ? modes.request : modes.response
    var answers = peer.sendHeaders(direction, headers, endOfStream: body == nil).answers
    if mode == .fullDuplexStreamed, let body {
      // The answer to the headers is not waited for.
      for piece in body { answers += peer.sendBody(direction, piece, endOfStream: false).answers }
      answers += peer.sendBody(direction, "", endOfStream: true).answers
      return fullDuplex(direction, answers, &message)
    }
    guard let answer = answers.first else { return .hangs }
    if let reply = answer.reply { return .refused(status: reply.status, details: reply.details) }
    guard answer.kind == .headers(direction) else { return .fails("no answer to the headers") }
    message.apply(answer)
    guard mode != .none, let body else {
      return .passed(headers: message.headers, body: body?.joined() ?? "")
    }
    if let text = answer.replacement {
      guard message.fits(text) else { return .fails("content-length mismatch") }
      message.pieces.append(text)
      // In responses this is the end; a request's body is sent all the same.
      guard direction == .request else { return .passed(headers: message.headers, body: text) }
    }
    return buffered(direction, body.joined(), isCut: isCut, &message)
  }

  private func fullDuplex(_ direction: Direction, _ answers: [Answer], _ message: inout Message) -> Outcome {
    var isEnded = false
    for answer in answers {
      if let reply = answer.reply { return .refused(status: reply.status, details: reply.details) }
      if answer.kind == .headers(direction) { message.apply(answer) }
      switch answer.body {
      case .streamed(let piece, let endOfStream):
        message.pieces.append(piece)
        isEnded = isEnded || endOfStream
      case .replaced(let text):
        message.pieces.append(text)
        isEnded = true
      case .cleared: isEnded = true
      // Newer ones take it for the end of the body; the body is lost then.
      case nil where answer.kind == .body(direction) && declares: isEnded = true
      case nil: break
      }
    }
    message.headers["content-length"] = nil
    return isEnded ? .passed(headers: message.headers, body: message.pieces.joined()) : .hangs
  }

  private func buffered(
    _ direction: Direction, _ body: String, isCut: Bool, _ message: inout Message
  ) -> Outcome {
    let answers = peer.sendBody(direction, body, endOfStream: !isCut).answers
    guard let answer = answers.first else { return .hangs }
    if let reply = answer.reply { return .refused(status: reply.status, details: reply.details) }
    message.apply(answer)
    if let text = answer.replacement {
      guard message.fits(text) else { return .fails("content-length mismatch") }
      if !text.isEmpty { message.pieces.append(text) }
    } else {
      message.pieces.append(body)
    }
    // The channel to the body that goes on has room for one piece, until all answers are here.
    guard message.pieces.count <= 1 else { return .hangs }
    return .passed(headers: message.headers, body: message.pieces.joined() + (isCut ? "…" : ""))
  }

  /// What will go on.
  private struct Message {
    var headers: [String: String]
    var pieces: [String] = []

    init(headers: [(String, String)]) {
      self.headers = Dictionary(headers.map { ($0.0, $0.1) }) { "\($0),\($1)" }
    }

    mutating func apply(_ answer: Answer) {
      for name in answer.removed { headers[name] = nil }
      for header in answer.set {
        let before = header.appends ? headers[header.name].map { $0 + "," } ?? "" : ""
        headers[header.name] = before + header.value
      }
    }

    func fits(_ body: String) -> Bool {
      headers["content-length"].map { $0 == String(body.utf8.count) } ?? true
    }
  }
}

extension Answer {
  /// A new body that is no piece of a stream.
  fileprivate var replacement: String? {
    switch body {
    case .replaced(let text): text
    case .cleared: ""
    case .streamed, nil: nil
    }
  }
}
