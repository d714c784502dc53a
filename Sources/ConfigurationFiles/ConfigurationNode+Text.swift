package import Transformation

extension ConfigurationNode {
  /// Reads text of either format: JSON when it begins as a JSON object or array does, else YAML, which has them too, with
  /// names that need no quotes (`{request: {set: []}}`). Text that says nothing, blank or comments alone, is null.
  package static func read(_ bytes: [UInt8]) throws(Diagnostic) -> ConfigurationNode {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Diagnostic.notUTF8(bytes) }
    return bytes.looksLikeJSON ? try json(bytes) : try YAMLReader.read(text)
  }
}

extension [UInt8] {
  package var withoutByteOrderMark: [UInt8] {
    starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
  }

  fileprivate var looksLikeJSON: Bool {
    let words = lazy.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    switch words.first {
    case UInt8(ascii: "["): return true
    case UInt8(ascii: "{"):
      // Another name than one in quotes is YAML's.
      let second = words.dropFirst().first
      return second == nil || second == UInt8(ascii: "\"") || second == UInt8(ascii: "}")
    default: return false
    }
  }
}
