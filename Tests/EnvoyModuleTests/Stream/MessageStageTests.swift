import Testing

@testable import EnvoyModule

@Suite("The stages of a message")
struct MessageStageTests {
  /// What may come, after the headers, in any order.
  private enum Event: CaseIterable {
    /// A piece. The long one is more than may be held, and the empty one has nothing in it.
    case piece, long, empty
    /// A piece with the end of the body; the empty one has nothing in it.
    case last, emptyLast
    case trailers
    /// The same, and whoever is asked about it refuses the message.
    case refusedPiece, refusedLong, refusedLast, refusedTrailers

    var isRefused: Bool {
      switch self {
      case .refusedPiece, .refusedLong, .refusedLast, .refusedTrailers: true
      case .piece, .long, .empty, .last, .emptyLast, .trailers: false
      }
    }

    var isLast: Bool { [.last, .emptyLast, .refusedLast].contains(self) }
    var isEmpty: Bool { [.empty, .emptyLast].contains(self) }
    var isLong: Bool { [.long, .refusedLong].contains(self) }
    var isTrailers: Bool { [.trailers, .refusedTrailers].contains(self) }
  }

  /// A filter and an Envoy that do what the stage says. A piece is its number.
  private struct Message {
    var stage = MessageStage()
    var headersAreHeld = false
    var headersHaveGone = false
    var held: [Int] = []
    var gone: [Int] = []
    var dropped: [Int] = []
    var newBodies = 0
    var answers = 0
    var pieces = 0
    var hasEnded = false
    /// What must not be.
    var faults: [String] = []

    mutating func headers(_ decision: MessageStage.Decision) {
      if stage.headers(decision) { letHeadersGo() } else { headersAreHeld = true }
    }

    mutating func take(_ event: Event) {
      if event.isTrailers { takeTrailers(event) } else { takePiece(event) }
      if event.isLast || event.isTrailers { hasEnded = true }
      let isHeld = headersAreHeld && answers == 0
      if stage.isHeld != isHeld { faults.append("isHeld") }
      if hasEnded, isHeld { faults.append("held after the end") }
      if !isHeld, answers == 0, !held.isEmpty { faults.append("bytes held without headers") }
      if (gone + dropped + held).sorted() != Array(0..<pieces) {
        faults.append("a piece is lost, or there twice")
      }
      if gone != gone.sorted() { faults.append("order") }
    }

    private mutating func takePiece(_ event: Event) {
      let piece = pieces
      pieces += 1
      switch stage.piece(isLast: event.isLast, isEmpty: event.isEmpty) {
      case .pass:
        if event.isRefused { return answer(dropping: [piece]) }
        letGo([piece])
      case .hold:
        held.append(piece)
        guard event.isLong else { return }
        stage.letGo()
        letAllGo(event)
      case .transform:
        held.append(piece)
        letAllGo(event)
      case .replace(let bytes):
        held.append(piece)
        replace(bytes, event)
      case .drop: dropped.append(piece)
      case .ignore:
        if !event.isEmpty { faults.append("something is ignored") }
        letGo([piece])
      case .refuse: answer(dropping: [piece])
      case .stop:
        if answers == 0 { faults.append("stopped without an answer") }
        dropped.append(piece)
      }
    }

    private mutating func takeTrailers(_ event: Event) {
      switch stage.trailers() {
      case .pass: letGo([])
      case .transform: letAllGo(event)
      case .replace(let bytes): replace(bytes, event)
      case .stop: if answers == 0 { faults.append("stopped without an answer") }
      }
    }

    private mutating func letAllGo(_ event: Event) {
      let pieces = held
      held = []
      if event.isRefused { return answer(dropping: pieces) }
      letHeadersGo()
      letGo(pieces)
    }

    private mutating func replace(_ bytes: [UInt8], _ event: Event) {
      let pieces = held
      held = []
      if event.isRefused { return answer(dropping: pieces) }
      dropped += pieces
      if bytes != MessageStageTests.newBody { faults.append("another body") }
      newBodies += 1
      letHeadersGo()
    }

    private mutating func letHeadersGo() {
      if headersHaveGone { faults.append("headers go twice") }
      if answers > 0 { faults.append("headers go after an answer") }
      headersHaveGone = true
      headersAreHeld = false
    }

    private mutating func letGo(_ pieces: [Int]) {
      if answers > 0 { faults.append("something goes after an answer") }
      if !headersHaveGone { faults.append("something goes before the headers") }
      if !held.isEmpty { faults.append("something goes before what is held") }
      gone += pieces
    }

    /// Envoy drops what it holds.
    mutating func answer(dropping pieces: [Int]) {
      answers += 1
      if answers > 1 { faults.append("two answers") }
      stage.answer()
      dropped += pieces + held
      held = []
    }
  }

  private static let newBody = Array("new".utf8)
  private static var decisions: [MessageStage.Decision?] { [.goOn, .awaitBody, .newBody(newBody), nil] }

  /// - Parameter decision: nil refuses.
  private func message(_ decision: MessageStage.Decision?, _ events: [Event] = []) -> Message {
    var message = Message()
    if let decision { message.headers(decision) } else { message.answer(dropping: []) }
    for event in events { message.take(event) }
    return message
  }

  @Test("whatever comes, each piece goes on or is dropped once, and nothing goes on after an answer")
  func allSequences() {
    var faulty: [String] = []
    var count = 0
    func extend(_ message: Message, _ events: [Event]) {
      count += 1
      guard message.faults.isEmpty else {
        faulty.append("\(events): \(message.faults)")
        return
      }
      guard events.count < 4 else { return }
      for event in Event.allCases {
        var next = message
        next.take(event)
        extend(next, events + [event])
      }
    }
    for decision in Self.decisions { extend(message(decision), []) }
    #expect(faulty.isEmpty, "\(faulty.prefix(5))")
    #expect(count == 4 * 11_111)
  }

  @Test("a body that nobody waits for passes piece by piece")
  func passes() {
    let message = message(.goOn, [.piece, .long, .last, .trailers])
    #expect(message.gone == [0, 1, 2])
    #expect(message.newBodies == 0 && message.answers == 0)
  }

  @Test("a body that is waited for goes on at its end, or at the trailers", arguments: [true, false])
  func collects(hasTrailers: Bool) {
    let held = message(.awaitBody, [.piece, .piece])
    #expect(held.held == [0, 1] && held.gone.isEmpty && !held.headersHaveGone)
    let done = message(.awaitBody, [.piece, .piece, hasTrailers ? .trailers : .last])
    #expect(done.gone == (hasTrailers ? [0, 1] : [0, 1, 2]) && done.headersHaveGone)
  }

  @Test("what gets too much to hold goes on, and the rest as it comes")
  func letsGo() {
    let message = message(.awaitBody, [.piece, .long, .piece, .last])
    #expect(message.gone == [0, 1, 2, 3])
  }

  @Test("a new body goes on once, and nothing of the old one", arguments: [true, false])
  func replaces(hasTrailers: Bool) {
    let message = message(.newBody(Self.newBody), [.piece, .long, hasTrailers ? .trailers : .last])
    #expect(message.gone.isEmpty && message.newBodies == 1)
    #expect(message.dropped.count == message.pieces)
  }

  @Test("after the end of a body nothing more of it goes on, but for what is empty")
  func bodyAfterItsEnd() {
    #expect(message(.awaitBody, [.last, .empty]).answers == 0)
    let message = message(.awaitBody, [.last, .piece, .piece])
    #expect(message.gone == [0] && message.dropped == [1, 2] && message.answers == 1)
  }

  @Test("headers that come after an answer stay")
  func headersAfterAnswer() {
    for decision in Self.decisions {
      guard let decision else { continue }
      var stage = MessageStage()
      stage.answer()
      #expect(stage.headers(decision) && !stage.isHeld)
    }
  }
}
