internal import Template

/// One rule of a direction, compiled: a template, and what its text becomes.
///
/// A class, so that going through the rules costs one reference count each.
final class Rule: Sendable {
  enum Target: Sendable {
    case body
    case header(HeaderName, Mutations.Operation)
    case metadata(namespace: String, key: String)
  }

  let target: Target
  /// Nil where there is nothing to render: a removal.
  let template: Template?
  /// `request.set[0]`
  let place: String

  init(_ target: Target, _ template: Template?, place: String) {
    self.target = target
    self.template = template
    self.place = place
  }
}
