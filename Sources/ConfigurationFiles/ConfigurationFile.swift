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
  package static func load(
    _ path: String, secrets: SecretReading = .values, headerLimits: HeaderLimits = HeaderLimits()
  ) throws(FileContents.Failure) -> ConfigurationFile {
    let bytes = try FileContents.read(path, bytesMax: bytesMax)
    return ConfigurationFile(
      name: FileContents.displayName(path), bytes: bytes, secrets: secrets, headerLimits: headerLimits)
  }

  package init(
    name: String, bytes: [UInt8], secrets: SecretReading = .values,
    headerLimits: HeaderLimits = HeaderLimits()
  ) {
    self.name = name
    let bytes = bytes.withoutByteOrderMark
    // Each sequence that is not UTF-8 becomes U+FFFD, so that the lines before it stay what they are.
    text = String(decoding: bytes, as: UTF8.self)
    do {
      let node = try ConfigurationNode.read(bytes)
      self.node = node
      let fault = ForeignDocument.fault(node)
      if let fault, fault.severity == .error {
        (configuration, diagnostics) = (nil, [fault])
      } else {
        let (configuration, diagnostics) = Configuration.load(
          node, secrets: secrets, headerLimits: headerLimits)
        self.configuration = configuration
        self.diagnostics = (fault.map { [$0] } ?? []) + diagnostics
      }
    } catch {
      (node, configuration) = (nil, nil)
      diagnostics = [error]
    }
  }
}

extension ConfigurationFile {
  /// Errors and warnings as text.
  package func report(_ look: DiagnosticPrinter.Look = .plain) -> String {
    let printer = DiagnosticPrinter(
      file: name, text: text, secrets: SecretPlaces(of: node, in: text), look: look)
    return diagnostics.filter { $0.severity != .note }.map(printer.print).joined()
  }
}
