/// A configuration as text formats give it, JSON and YAML alike: a tree with places, before any meaning.
package indirect enum ConfigurationNode: Sendable {
  case null(SourceLocation)
  case bool(Bool, SourceLocation)
  /// Spelled as in the text.
  case number(String, SourceLocation)
  case string(ConfigurationString)
  case sequence([ConfigurationNode], SourceLocation)
  /// In the order of the text; repeated keys are kept, to be reported.
  case mapping([(key: ConfigurationString, value: ConfigurationNode)], SourceLocation)

  package var location: SourceLocation {
    switch self {
    case .null(let location), .bool(_, let location), .number(_, let location), .sequence(_, let location),
      .mapping(_, let location):
      return location
    case .string(let string): return string.location
    }
  }

  /// A string, or what was written as a number or boolean, taken as text.
  var scalar: ConfigurationString? {
    switch self {
    case .string(let string): string
    case .number(let spelling, let location): ConfigurationString(spelling, location: location)
    case .bool(let flag, let location): ConfigurationString(flag ? "true" : "false", location: location)
    case .null, .sequence, .mapping: nil
    }
  }

  /// What it is, for errors.
  var kind: String {
    switch self {
    case .null: return "null"
    case .bool: return "a boolean"
    case .number: return "a number"
    case .string: return "a string"
    case .sequence: return "a list"
    case .mapping: return "an object"
    }
  }
}

/// Where something stands in a configuration text. Lines and columns count from 1, columns in characters (Unicode
/// scalars).
package struct SourceLocation: Sendable, Hashable {
  package var line: Int
  package var column: Int
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A string and where it came from, so that an error inside a template can point into the file.
package struct ConfigurationString: Sendable {
  package let value: String
  /// Where the scalar starts (its quote, or its first character).
  package let location: SourceLocation
  /// Where the character number `offset` (Unicode scalars from 0) of `value` stands in the file; nil when the format
  /// cannot tell.
  package let place: (@Sendable (_ offset: Int) -> SourceLocation?)?

  package init(
    _ value: String, location: SourceLocation, place: (@Sendable (Int) -> SourceLocation?)? = nil
  ) {
    self.value = value
    self.location = location
    self.place = place
  }
}

/// Something to tell whoever wrote the configuration.
package struct Diagnostic: Error, Sendable, Equatable {
  package enum Severity: String, Sendable {
    /// The configuration is refused.
    case error
    /// It does not do what it says; `check --strict` fails.
    case warning
    /// What follows from it and is easily missed. `check` tells it, logs do not.
    case note
  }
  package let severity: Severity
  /// An error that only exchanges would show, if it were loaded: `Tolerance.deferring` loads it.
  package internal(set) var isDeferrable = false
  package let location: SourceLocation
  /// How many characters to underline, at least 1.
  package let length: Int
  /// `transformations.chat.request.set[0].value`; empty for the text as a whole.
  package let path: String
  package let message: String

  package init(
    _ severity: Severity, at location: SourceLocation, length: Int = 1, path: String, _ message: String
  ) {
    self.severity = severity
    self.location = location
    self.length = max(1, length)
    self.path = path
    self.message = message
  }

  /// The same, as one that may be loaded.
  var deferrable: Diagnostic {
    var diagnostic = self
    diagnostic.isDeferrable = true
    return diagnostic
  }
}

extension [Diagnostic] {
  /// Errors that came since there were `count` may be loaded.
  mutating func deferErrors(since count: Int) {
    for index in indices.dropFirst(count) where self[index].severity == .error {
      self[index].isDeferrable = true
    }
  }
}

/// What becomes of a configuration with errors.
package enum Tolerance: Sendable {
  /// Any error refuses it: whoever wrote it reads the error.
  case none
  /// What does not parse is refused: no JSON, no template, a field of the wrong type. What could only fail when it is
  /// used is loaded: each exchange that comes to it fails as its `failurePolicy` says. For a control plane, which
  /// sends all routes at once, and to which a refusal means that none of them changes.
  case deferring
}
