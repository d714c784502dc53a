package import JSON

/// A value of the template language. (Owner of this file: may add cases and change representation freely, but keeps
/// what other modules use: the cases below, `appendText`.)
package enum Value {
  case undefined
  case none
  case bool(Bool)
  case int(Int64)
  case float(Double)
  /// UTF-8 as a rule; bytes that came in (a header, a body) go out as they are.
  case string([UInt8])
  /// A value of the parsed body, not copied.
  case json(JSONValue)

  /// Appends what `{{ value }}` prints.
  package func appendText(to output: inout [UInt8]) { fatalError() }
}
