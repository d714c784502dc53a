import Transformation

/// A configuration file that was read: its text, what it says and what is wrong with it.
struct ConfigurationFile {
  /// The longest file; a Kubernetes ConfigMap holds at most 1 MiB.
  static let bytesMax = 4 << 20

  /// As it is printed before the line number.
  let name: String
  let text: String
  /// What the text says, before any meaning; nil when it is not YAML or JSON.
  let node: ConfigurationNode?
  /// Nil exactly when a diagnostic is an error.
  let configuration: Configuration?
  /// In the order of the text.
  let diagnostics: [Diagnostic]

  /// Reads and compiles the file at `path`; `-` is standard input. Throws when there is no text to speak of;
  /// whatever is wrong with the text is a diagnostic.
  static func load(_ path: String) throws(FileContents.Failure) -> ConfigurationFile {
    let bytes = try FileContents.read(path, bytesMax: bytesMax)
    return ConfigurationFile(name: FileContents.displayName(path), bytes: bytes)
  }

  /// The format is JSON when the first byte that is not blank opens a JSON object or array, else YAML.
  init(name: String, bytes: [UInt8]) {
    self.name = name
    let bytes = Array(bytes.withoutByteOrderMark)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      // Each invalid sequence becomes U+FFFD, so that the lines before it stay what they are.
      self.text = String(decoding: bytes, as: UTF8.self)
      node = nil
      configuration = nil
      diagnostics = [ConfigurationFile.notUTF8(bytes)]
      return
    }
    self.text = text
    do {
      let node: ConfigurationNode
      if bytes.looksLikeJSON {
        node = try ConfigurationNode.json(bytes)
      } else {
        node = try YAMLReader.read(text)
      }
      self.node = node
      (configuration, diagnostics) = Configuration.load(node)
    } catch {
      node = nil
      configuration = nil
      diagnostics = [error]
    }
  }

  /// Points at the first byte that is no UTF-8.
  private static func notUTF8(_ bytes: [UInt8]) -> Diagnostic {
    var location = SourceLocation(line: 1, column: 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        location = SourceLocation(line: location.line + 1, column: 1)
      } else {
        location.column += 1
      }
    }
    return Diagnostic(.error, at: location, path: "", "the file is not UTF-8 from here on")
  }
}

extension [UInt8] {
  fileprivate var withoutByteOrderMark: ArraySlice<UInt8> {
    starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self[...]
  }

  fileprivate var looksLikeJSON: Bool {
    let first = first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }
}
