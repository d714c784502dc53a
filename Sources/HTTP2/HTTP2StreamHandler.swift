/// The protocol above HTTP/2: hears what arrives on a stream, which lends itself for the answers.
///
/// The stream owns it, and both are used again for later streams: `prepareForReuse` must leave it as it was made.
package protocol HTTP2StreamHandler: AnyObject {
  /// One field of the request's head. The bytes are borrowed for the call.
  func receiveHeader(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
  /// The request's head is complete.
  func receiveHeadEnd(on stream: HTTP2Stream)
  /// A part of the request's body. The bytes are borrowed for the call.
  func receiveBody(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream)
  /// The peer has ended its side of the stream.
  func receiveEnd(on stream: HTTP2Stream)
  /// The session is about to end. A stream that would live as long as the peer likes ends now.
  func receiveDrain(on stream: HTTP2Stream)
  /// Time has passed: about a second since the last time. `now` is monotonic, in nanoseconds.
  func receiveTick(now: UInt64, on stream: HTTP2Stream)
  /// The stream is closed, by either side. `errorCode` is that of RFC 9113 section 7; 0 where there was no reset.
  func receiveClose(errorCode: UInt32, on stream: HTTP2Stream)
  /// Makes the object ready for another stream.
  func prepareForReuse()
}
