/// What the messages of one `Process` call go to. The production type is `ProcessStream`; calls are generic over it,
/// so that the transport is tested by itself and a message costs no dynamic dispatch.
package protocol MessageHandler: AnyObject, SendableMetatype {
  associatedtype Service: Sendable
  init(_ service: Service, selector: ProcessStream.Selector)
  /// One whole message, borrowed for the call. A status ends the call, after what was appended before is sent.
  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus?
}

extension ProcessStream: MessageHandler {}
