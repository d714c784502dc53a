/// Why a body that a transformation reads was left unread, and the exchange went on. Short and stable, for metrics.
package enum SkipReason: String, CaseIterable, Sendable {
  /// `parseAs: AsJson`, and the content-type is there and is not JSON.
  case contentType = "content_type"
  /// It has a content-encoding.
  case contentEncoding = "content_encoding"
  /// It is longer than what is waited for.
  case tooLong = "body_too_long"
  /// Trailers came in its place, and with them neither headers nor a body could be changed any more.
  case trailersInstead = "trailers_instead_of_body"
}
