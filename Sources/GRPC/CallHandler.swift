/// What the messages of one call go to. Lives on its connection's event loop.
package protocol CallHandler: AnyObject {
  /// One whole message, borrowed for the call. A status ends the call, after what was appended before is sent.
  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
  /// The client has ended its side. As after `receive`, answers may be there, or a status; nil keeps our side open.
  func receiveEnd(into answers: inout OutgoingMessages) -> GRPCStatus?
  /// Time has passed; `now` is monotonic, in nanoseconds. As after `receive`.
  func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus?
  /// The connection is about to end, which is said once. As after `receive`: a call that would live as long as the client
  /// likes ends now.
  func drain(into answers: inout OutgoingMessages) -> GRPCStatus?
  /// Whatever may still come would be answered with no change: when the connection is about to end, the call may too.
  var isSettled: Bool { get }
  /// What it keeps in memory between messages, in bytes, for this call or for later ones; asked after each event. Beside
  /// what all calls have (`GRPCCall.ownBytes`).
  var heldBytes: Int { get }
  /// The call is over, however it ended.
  func end()
}

extension CallHandler {
  package func receiveEnd(into answers: inout OutgoingMessages) -> GRPCStatus? { .ok }
  package func tick(now: UInt64, into answers: inout OutgoingMessages) -> GRPCStatus? { nil }
  package func drain(into answers: inout OutgoingMessages) -> GRPCStatus? { nil }
  package var isSettled: Bool { false }
  package var heldBytes: Int { 0 }
  package func end() {}
}
