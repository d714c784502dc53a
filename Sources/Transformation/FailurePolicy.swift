/// What happens when something goes wrong in one direction of an exchange.
package struct FailurePolicy: Sendable, Equatable {
  /// A body that should be JSON and is not, or of which only a part could be buffered.
  package enum Parse: String, CaseIterable, Sendable {
    /// Answer the client: 400, 413 or 415 to a request, 502 in place of a response.
    case reject = "Reject"
    /// Go on as if there were no body: its fields are undefined.
    case proceed = "Continue"
  }
  /// A template of a header or of metadata that fails, or renders what a header cannot carry.
  package enum Header: String, CaseIterable, Sendable {
    case remove = "Remove"
    case keep = "Keep"
    /// Answer the client with 500.
    case reject = "Reject"
  }
  /// The template of the body fails.
  package enum Body: String, CaseIterable, Sendable {
    /// The original body goes on.
    case keep = "Keep"
    /// Answer the client with 500.
    case reject = "Reject"
  }
  /// A JSON body that has a key twice in one object.
  package enum DuplicateKeys: String, CaseIterable, Sendable {
    /// The last one counts, and a body that is not replaced goes on as it is.
    case accept = "Accept"
    /// Answer the client: 400 to a request, 502 in place of a response.
    case reject = "Reject"
  }

  /// Nil: who only reads goes on, who rewrites refuses.
  package var parse: Parse?
  package var header = Header.remove
  /// Nil: keep, but refuse where the original is encoded and would have been changed as text.
  package var body: Body?
  package var duplicateKeys = DuplicateKeys.accept
  /// How refusals are written; nil: as the request's path and type suggest.
  package var shape: RefusalShape?
  /// The status of every refusal, in place of ours.
  package var status: Int?

  init() {}
}
