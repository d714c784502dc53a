@testable import swiftformations

/// A string as YAML, in double quotes.
func quote(_ text: String) -> String {
  let quoted = YAMLBlock.quote(text)
  return quoted.hasPrefix("\"") ? quoted : "\"\(quoted)\""
}
