/// What happens when something goes wrong in one direction of an exchange.
package struct FailurePolicy: Sendable, Equatable {
  /// A body that should be JSON and is not, or of which only a part could be buffered.
  package enum Parse: String, CaseIterable, Sendable {
    /// Answer the client with 400 (413 when the body is too large to buffer).
    case reject = "Reject"
    /// Go on as if there were no body; templates that read it fail.
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

  package var parse = Parse.reject
  package var header = Header.remove
  package var body = Body.keep
  /// The status of every refusal, in place of 400, 413 and 500.
  package var status: Int?

  init() {}
}
