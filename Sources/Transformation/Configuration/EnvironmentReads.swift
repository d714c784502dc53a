internal import Template

/// The calls of `env()` in a template that give "" for a variable that is not set.
package enum EnvironmentReads {
  private static let function = "env"

  /// A warning at each of them. `message` gets the variable's name, or that it is computed.
  package static func warnings(
    in text: ConfigurationString, path: String, message: (_ variable: String) -> String
  ) -> [Diagnostic] {
    guard
      let template = try? Template(
        text.value, name: path, functions: HostFunctions.tableOfReaders, limits: .standard)
    else { return [] }
    return template.usage.calls.filter { $0.function == function && !$0.isTrue.contains("required") }.map {
      call in
      TemplateText(text: text, path: path).diagnostic(
        message(call.literal.map { "`\($0)`" } ?? "the variable"), line: call.line, column: call.column,
        length: function.count, severity: .warning)
    }
  }

  /// What to write.
  package static func remedy(_ variable: String) -> String {
    let name = variable.hasPrefix("`") ? "\"\(variable.dropFirst().dropLast())\"" : "…"
    return "`\(function)(\(name), required=true)` fails instead"
  }
}
