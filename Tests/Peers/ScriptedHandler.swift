package import Dispatch
package import GRPC
import Glibc
package import Synchronization

/// A handler that does what its messages say, and is counted.
package final class ScriptedHandler: CallHandler {
  package final class Service: Sendable {
    /// Handlers that exist now.
    package let live = Atomic(0)
    /// Messages that were received.
    package let received = Atomic(0)
    /// What a message `gated` waits for, which keeps the thread.
    package let gate = DispatchSemaphore(value: 0)

    package init() {}

    /// At the path of `Process`; it reads the fields `x-first` and `x-second`.
    package var method: GRPCMethod {
      GRPCMethod(
        path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process", fields: ["x-first", "x-second"]
      ) {
        [self] fields, _, _ in ScriptedHandler(self, fields)
      }
    }
  }

  private let service: Service
  private let fields: RequestFields

  private init(_ service: Service, _ fields: RequestFields) {
    self.service = service
    self.fields = fields
    service.live.add(1, ordering: .relaxed)
  }

  /// After `settled`.
  package private(set) var isSettled = false

  deinit { service.live.subtract(1, ordering: .relaxed) }

  /// `fail: TEXT` ends the call with status 3; `half: TEXT` answers first; `large: N` answers N bytes; `fields`
  /// answers the fields of the head; `silent` answers nothing; `slow: N` keeps the thread for N milliseconds, `gated` until the service's gate lets it pass; all else comes back as it is.
  package func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  {
    let text = String(decoding: message.prefix(80), as: UTF8.self)
    service.received.add(1, ordering: .relaxed)
    if text == "settled" { isSettled = true }
    func argument(_ name: String) -> String? {
      text.hasPrefix(name) ? String(text.dropFirst(name.count)) : nil
    }
    if let reason = argument("fail: ") { return GRPCStatus(.invalidArgument, reason) }
    if let reason = argument("half: ") {
      append(Array("first".utf8), to: &answers)
      return GRPCStatus(.invalidArgument, reason)
    }
    if text == "gated" {
      // A test that fails must end all the same.
      _ = service.gate.wait(timeout: .now() + .seconds(20))
      // And takes longer than a turn of the loop.
      usleep(10_000)
    }
    if let milliseconds = argument("slow: ").flatMap({ UInt32($0) }) { usleep(milliseconds * 1_000) }
    if let count = argument("large: ").flatMap({ Int($0) }) {
      append([UInt8](repeating: UInt8(ascii: "x"), count: count), to: &answers)
    } else if text == "fields" {
      append(Array("\(fields["x-first"] ?? "-") \(fields["x-second"] ?? "-")".utf8), to: &answers)
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
  package static func scripted(
    service: ScriptedHandler.Service = ScriptedHandler.Service(), limits: GRPCLimits = GRPCLimits(),
    windowBytes: UInt32 = 1 << 20, held: HeldMemory = HeldMemory(bytesMax: 1 << 30)
  ) -> InMemoryClient {
    InMemoryClient(methods: [service.method], limits: limits, windowBytes: windowBytes, held: held)
  }

  /// Sends texts as messages in one DATA frame.
  package func send(_ id: Int32, _ texts: String..., end: Bool = false) {
    send(id, messages: texts.map { Array($0.utf8) }, end: end)
  }

  /// The messages of a response as texts.
  package func texts(_ id: Int32) -> [String]? {
    self[id].messages?.map { String(decoding: $0, as: UTF8.self) }
  }
}
