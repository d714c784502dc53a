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
  /// A class, so that going through the rules costs one reference count each.
  final class HeaderRule: Sendable {
    let operation: Mutations.Operation
    let name: HeaderName
    /// Nil where there is nothing to render: a removal.
    let template: Template?
    /// `request.set[0]`
    let place: String

    init(operation: Mutations.Operation, name: HeaderName, template: Template?, place: String) {
      self.operation = operation
      self.name = name
      self.template = template
      self.place = place
    }
  }

  final class MetadataRule: Sendable {
    let namespace: String
    let key: String
    let template: Template
    let place: String

    init(namespace: String, key: String, template: Template, place: String) {
      self.namespace = namespace
      self.key = key
      self.template = template
      self.place = place
    }
  }

  /// A rule that can never be applied, and is there all the same (`Tolerance.deferring`).
  struct Fault: Sendable {
    let place: String
    let message: String
    /// Every exchange is refused, whatever the policy: what was meant is not known.
    let refuses: Bool
  }

  var format = BodyFormat.string
  /// The new body.
  var body: Template?
  /// The body's template reads fields of the body, or `context()`.
  var bodyReadsJSON = false
  /// The body's template reads fields of the body.
  var bodyReadsFields = false
  /// Some template reads fields of the body.
  var readsFields = false
  /// The body's template reads `body()`.
  var bodyReadsText = false
  /// In the order in which they apply: set, add, remove.
  var headers: [HeaderRule] = []
  var metadata: [MetadataRule] = []
  /// Each counts as a header or an entry of metadata whose rendering fails.
  var faults: [Fault] = []
  /// Every message is refused, by a fault or by a field of a body that nothing parses.
  var refuses = false
  var policy = FailurePolicy()
  /// The whole body must be there before anything can be rendered.
  var needsBody = false
  /// Envoy chooses the route anew once this direction is done. Of requests only.
  var clearsRouteCache = false
  /// The response's body is read, and only a plain one can be. Of requests only.
  var removesAcceptEncoding = false

  /// The body is read, and passes as it is.
  var onlyReads: Bool { needsBody && body == nil }

  var reading: BodyReading {
    BodyReading(
      isJSON: format == .json,
      goesOnUnread: policy.parse == .proceed || (onlyReads && policy.parse != .reject))
  }

  /// Whether the configuration itself sets, adds or removes the header; `name` is in lower case.
  func writes(_ name: UnsafeRawBufferPointer) -> Bool {
    headers.contains { $0.name.bytes.elementsEqual(name) }
  }

  /// Whether it makes a difference that there is a body.
  var concernsBody: Bool { needsBody || body != nil }

  /// Every message is refused: nothing of it has to be there for that.
  mutating func giveUp() {
    (format, body, headers, metadata) = (.none, nil, [], [])
    faults = faults.filter(\.refuses)
  }

  var isEmpty: Bool {
    headers.isEmpty && metadata.isEmpty && body == nil && !needsBody && !clearsRouteCache
      && faults.isEmpty
  }
}

/// How a direction reads the body: what is asked of each exchange, apart from the plan, so that nothing else is touched.
struct BodyReading: Sendable, BitwiseCopyable {
  /// Only JSON can be read.
  let isJSON: Bool
  /// The exchange goes on where the body cannot be read.
  let goesOnUnread: Bool
}
