/// What the messages of one `Process` call go to. The production type is `ProcessStream`; calls are generic over it,
/// so that the transport is tested by itself and a message costs no dynamic dispatch.
package protocol MessageHandler: AnyObject, SendableMetatype {
  associatedtype Service: Sendable
  /// Storage that is kept from one call to the next.
  associatedtype Memory: AnyObject
  static func makeMemory() -> Memory
  /// - Parameter metrics: of the event loop on which the call lives.
  /// - Parameter memory: no other handler uses it until this one's `end()`.
  init(_ service: Service, selector: ProcessStream.Selector, metrics: LoopMetrics, memory: Memory)
  /// One whole message, borrowed for the call. A status ends the call, after what was appended before is sent.
  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  /// Time has passed; `now` is monotonic, in nanoseconds. As after `receive`, answers may be there, or a status.
  func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus?
  /// Whatever may still come would be answered with no change: the call may end at any time.
  var isSettled: Bool { get }
  /// The call is over, however it ended.
  func end()
}

extension ProcessStream: MessageHandler {
  package static func makeMemory() -> ProcessMemory { ProcessMemory() }
}
