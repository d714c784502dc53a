internal import Template

/// How a body is read.
package enum BodyFormat: String, CaseIterable, Sendable {
  case string = "AsString"
  case json = "AsJson"
  /// No body work at all.
  case none = "None"
}

/// What a transformation does to one direction of an exchange, compiled.
struct DirectionPlan: Sendable {
  struct HeaderRule: Sendable {
    let operation: Mutations.Operation
    let name: HeaderName
    /// Nil where there is nothing to render: a removal.
    let template: Template?
    /// `request.set[0]`
    let place: String
  }

  struct MetadataRule: Sendable {
    let namespace: String
    let key: String
    let template: Template
    let place: String
  }

  var format = BodyFormat.string
  /// The new body.
  var body: Template?
  /// The body's template reads fields of the body, or `context()`.
  var bodyReadsJSON = false
  /// The body's template reads `body()`.
  var bodyReadsText = false
  /// In the order in which they apply: set, add, remove.
  var headers: [HeaderRule] = []
  var metadata: [MetadataRule] = []
  var policy = FailurePolicy()
  /// The whole body must be there before anything can be rendered.
  var needsBody = false
  /// The configuration itself writes `content-encoding`.
  var writesContentEncoding = false

  var isEmpty: Bool { headers.isEmpty && metadata.isEmpty && body == nil && !needsBody }
}
