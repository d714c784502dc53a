import Synchronization

@testable import ExtProc
@testable import HTTP2

/// A handler that does what its messages say, and is counted.
final class ScriptedHandler: MessageHandler {
  final class Service: Sendable {
    /// Handlers that exist now.
    let live = Atomic(0)
  }

  private let service: Service
  private let selector: ProcessStream.Selector

  final class Memory {}

  static func makeMemory() -> Memory { Memory() }

  init(_ service: Service, selector: ProcessStream.Selector, metrics: LoopMetrics, memory: Memory) {
    self.service = service
    self.selector = selector
    service.live.add(1, ordering: .relaxed)
  }

  func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus? { nil }

  /// After `settled`.
  private(set) var isSettled = false

  func end() {}

  deinit { service.live.subtract(1, ordering: .relaxed) }

  /// `fail: TEXT` ends the call with status 3; `half: TEXT` answers first; `large: N` answers N bytes; `selector`
  /// answers what selects the transformation; `silent` answers nothing; all else comes back as it is.
  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
    let text = String(decoding: message.prefix(80), as: UTF8.self)
    if text == "settled" { isSettled = true }
    func argument(_ name: String) -> String? {
      text.hasPrefix(name) ? String(text.dropFirst(name.count)) : nil
    }
    if let reason = argument("fail: ") { return GRPCStatus(.invalidArgument, reason) }
    if let reason = argument("half: ") {
      append(Array("first".utf8), to: &answers)
      return GRPCStatus(.invalidArgument, reason)
    }
    if let count = argument("large: ").flatMap({ Int($0) }) {
      append([UInt8](repeating: UInt8(ascii: "x"), count: count), to: &answers)
    } else if text == "selector" {
      append(
        Array("\(selector.transformation ?? "-") \(selector.configuration ?? "-")".utf8), to: &answers)
    } else if text != "silent" {
      append(Array(message), to: &answers)
    }
    return nil
  }

  private func append(_ bytes: [UInt8], to answers: inout OutgoingMessages) {
    answers.appendMessage(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
  }
}

extension InMemoryClient {
  /// A client of a server that runs scripts.
  static func scripted(
    service: ScriptedHandler.Service = ScriptedHandler.Service(), limits: TransportLimits = TransportLimits(),
    health: HealthService = HealthService(), windowBytes: UInt32 = 1 << 20, budget: MemoryBudget? = nil
  ) -> InMemoryClient {
    InMemoryClient(
      calls: CallFactory(ScriptedHandler.self, service: service), limits: limits, health: health,
      windowBytes: windowBytes, budget: budget)
  }

  /// Sends texts as messages in one DATA frame.
  func send(_ id: Int32, _ texts: String..., end: Bool = false) {
    send(id, messages: texts.map { Array($0.utf8) }, end: end)
  }

  /// The messages of a response as texts.
  func texts(_ id: Int32) -> [String]? {
    self[id].messages?.map { String(decoding: $0, as: UTF8.self) }
  }
}
