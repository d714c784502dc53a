import ConfigurationFiles
import Transformation

/// What `check` says of a file that can be compiled: its diagnostics, and those of a bootstrap.
struct CheckReport {
  /// Of the file, notes too, in the order of the text.
  let own: [Diagnostic]
  let envoy: EnvoyCheck?
  private let file: ConfigurationFile
  private let isStrict: Bool

  /// - Parameter envoy: nil where no bootstrap is looked at.
  init(_ file: ConfigurationFile, isStrict: Bool, envoy: EnvoyCheck?) {
    self.file = file
    self.isStrict = isStrict
    self.envoy = envoy
    let advice = file.node.map { Advice.diagnostics($0, isStrict: isStrict) } ?? []
    own = (file.diagnostics + advice).inOrderOfText
  }

  var hasFailed: Bool { count(.error) > 0 || isStrict && count(.warning) > 0 }

  func text(colour: Bool) -> String {
    let printer = DiagnosticPrinter(
      file: file.name, text: file.text, secrets: SecretPlaces(of: file.node, in: file.text),
      look: .terminal(colour: colour))
    return own.map(printer.print).joined() + (envoy?.report(colour: colour) ?? "") + summary
  }

  /// Why the status is 1, where no error says it.
  private var summary: String {
    let warnings = count(.warning)
    guard isStrict, warnings > 0 else { return "" }
    return
      "\(file.name): \(warnings == 1 ? "1 warning, an error" : "\(warnings) warnings, errors") with --strict\n"
  }

  private func count(_ severity: Diagnostic.Severity) -> Int {
    (own + (envoy?.findings ?? [])).count { $0.severity == severity }
  }
}
