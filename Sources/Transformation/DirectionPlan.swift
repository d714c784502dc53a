internal import JSON
internal import Template

/// How a body is read.
package enum BodyFormat: String, CaseIterable, Sendable {
  case string = "AsString"
  case json = "AsJson"
  /// No body work at all.
  case none = "None"
}

/// What a new body is.
package enum BodyKind: String, CaseIterable, Sendable {
  case text = "Text"
  /// Values print as JSON, and what comes of them all is JSON, or nothing is sent.
  case json = "Json"
}

/// What a transformation does to one direction of an exchange, compiled.
struct DirectionPlan: Sendable {
  /// A rule that can never be applied, and is there all the same (`Tolerance.deferring`).
  struct Fault: Sendable {
    let place: String
    let message: String
    /// Every exchange is refused, whatever the policy: what was meant is not known.
    let refuses: Bool
  }

  var format = BodyFormat.string
  /// In the order in which they apply: the body's, then headers set, added and removed, then metadata.
  var rules: [Rule] = []
  /// One of them is the body's.
  var replacesBody = false
  /// The new body has to be that.
  var bodyKind = BodyKind.text
  /// The body's template reads fields of the body, or `context()`.
  var bodyReadsJSON = false
  /// The body's template reads fields of the body.
  var bodyReadsFields = false
  /// Some template reads fields of the body.
  var readsFields = false
  /// The body's template reads `body()`.
  var bodyReadsText = false
  /// Each counts as a rule whose rendering fails.
  var faults: [Fault] = []
  /// Every message is refused, by a fault or by a field of a body that nothing parses.
  var refuses = false
  var policy = FailurePolicy()
  /// The whole body must be there before anything can be rendered.
  var needsBody = false
  /// What Envoy is to do once this direction is done.
  var effects: Effects = []
  /// The response's body is read, and only a plain one can be. Of requests only.
  var removesAcceptEncoding = false

  /// The body is read, and passes as it is.
  var onlyReads: Bool { needsBody && !replacesBody }

  var reading: BodyReading {
    BodyReading(
      isJSON: format == .json,
      goesOnUnread: policy.parse == .proceed || (onlyReads && policy.parse != .reject))
  }

  /// Whether the configuration itself sets, adds or removes the header; `name` is in lower case.
  func writes(_ name: UnsafeRawBufferPointer) -> Bool {
    rules.contains { rule in
      if case .header(let written, _) = rule.target {
        written.bytes.withUnsafeBytes(name.equals)
      } else {
        false
      }
    }
  }

  /// Names and operations of the rules for headers.
  var headers: [(name: HeaderName, operation: Mutations.Operation)] {
    rules.compactMap {
      if case .header(let name, let operation) = $0.target { (name, operation) } else { nil }
    }
  }

  var metadataNamespaces: [String] {
    rules.compactMap { if case .metadata(let namespace, _) = $0.target { namespace } else { nil } }
  }

  /// Whether it makes a difference that there is a body.
  var concernsBody: Bool { needsBody || replacesBody }

  /// Every message is refused: nothing of it has to be there for that.
  mutating func giveUp() {
    (format, rules, replacesBody) = (.none, [], false)
    faults = faults.filter(\.refuses)
  }

  var isEmpty: Bool {
    rules.isEmpty && !needsBody && effects.isEmpty && faults.isEmpty
  }
}

/// How a direction reads the body: what is asked of each exchange, apart from the plan, so that nothing else is touched.
struct BodyReading: Sendable, BitwiseCopyable {
  /// Only JSON can be read.
  let isJSON: Bool
  /// The exchange goes on where the body cannot be read.
  let goesOnUnread: Bool
}
