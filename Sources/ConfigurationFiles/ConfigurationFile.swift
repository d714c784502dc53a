package import Transformation

/// A configuration file that was read: its text, what it says and what is wrong with it.
package struct ConfigurationFile {
  /// The longest file; a Kubernetes ConfigMap holds at most 1 MiB.
  package static let bytesMax = 4 << 20

  /// As it is printed before the line number.
  package let name: String
  package let text: String
  /// What the text says, before any meaning; nil when it cannot be read.
  package let node: ConfigurationNode?
  /// Nil exactly when a diagnostic is an error.
  package let configuration: Configuration?
  /// In the order of the text.
  package let diagnostics: [Diagnostic]

  /// Reads and compiles the file at `path`; `-` is standard input. Throws when there is no text to speak of;
  /// whatever is wrong with the text is a diagnostic.
  package static func load(_ path: String) throws(FileContents.Failure) -> ConfigurationFile {
    let bytes = try FileContents.read(path, bytesMax: bytesMax)
    return ConfigurationFile(name: FileContents.displayName(path), bytes: bytes)
  }

  /// The format is JSON when the first byte that is not blank opens a JSON object or array, else YAML.
  package init(name: String, bytes: [UInt8]) {
    self.name = name
    let bytes = Array(bytes.withoutByteOrderMark)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      // Each invalid sequence becomes U+FFFD, so that the lines before it stay what they are.
      self.text = String(decoding: bytes, as: UTF8.self)
      (node, configuration) = (nil, nil)
      diagnostics = [Diagnostic.notUTF8(bytes)]
      return
    }
    self.text = text
    do {
      let node = bytes.looksLikeJSON ? try ConfigurationNode.json(bytes) : try YAMLReader.read(text)
      self.node = node
      (configuration, diagnostics) = Configuration.load(node)
    } catch {
      (node, configuration) = (nil, nil)
      diagnostics = [error]
    }
  }
}

extension ConfigurationFile {
  /// Every diagnostic, errors and warnings, as text.
  package func report(colour: Bool) -> String {
    let printer = DiagnosticPrinter(file: name, text: text, colour: colour)
    return diagnostics.map(printer.print).joined()
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
