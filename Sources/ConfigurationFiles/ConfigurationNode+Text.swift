package import Transformation

extension ConfigurationNode {
  /// Reads text of either format: JSON when the first byte that is not blank opens a JSON object or array, else YAML.
  /// Text that says nothing, blank or comments alone, is null.
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
    let first = first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }
}
