/// One thing that went wrong in an exchange, in the engine or around it.
package struct Failure: Sendable, Equatable {
  /// Which part of the configuration: `request.set[0]`; or what of the set-up an operator would change.
  package let place: String
  package let reason: FailureReason
  /// For people.
  package let message: String

  package init(place: String, reason: FailureReason, message: String) {
    self.place = place
    self.reason = reason
    self.message = message
  }
}

/// Short and stable, for metrics, logs and response code details. What lies in the set-up around an exchange, the adapters
/// name in extensions.
package struct FailureReason: RawRepresentable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(_ rawValue: String) { self.rawValue = rawValue }
}

extension FailureReason {
  /// `parseAs: AsJson`, and the body is not JSON.
  package static let bodyNotJSON = FailureReason("body_not_json")
  /// `parseAs: AsJson`, a template wants a field, and the body is null, a number, a string or a boolean.
  package static let bodyNotObject = FailureReason("body_not_object")
  /// `duplicateKeys: Reject`, and an object of the body has a key twice.
  package static let bodyDuplicateKeys = FailureReason("body_duplicate_keys")
  /// A template names a JSON field, and there was no body to parse.
  package static let noJSONBody = FailureReason("no_json_body")
  /// Only a part of the body could be buffered.
  package static let bodyIncomplete = FailureReason("body_incomplete")
  /// A template failed.
  package static let rendering = FailureReason("rendering_failed")
  /// A template went over a limit.
  package static let limit = FailureReason("limit_exceeded")
  /// `as: Json`, and what the body's template made is not JSON.
  package static let invalidBody = FailureReason("invalid_body")
  /// A rendered header value is none that HTTP allows for that header.
  package static let invalidHeaderValue = FailureReason("invalid_header_value")
  /// Rendered metadata holds NUL.
  package static let invalidMetadata = FailureReason("invalid_metadata")
  /// A part of the configuration can never be applied.
  package static let configuration = FailureReason("faulty_configuration")
  /// A template changes a compressed body as if it were text.
  package static let bodyEncoded = FailureReason("body_is_encoded")
  /// Envoy would not take as many mutations of headers.
  package static let tooManyHeaderMutations = FailureReason("too_many_header_mutations")
  /// The headers would be more than Envoy takes.
  package static let headersTooLarge = FailureReason("headers_too_large")
}
