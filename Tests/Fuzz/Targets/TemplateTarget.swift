import JSON
import Template
import Transformation

/// Compiles a template, by itself and as part of a configuration.
enum TemplateTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    let source = String(decoding: input, as: UTF8.self)
    do throws(TemplateError) {
      let template = try Template(source, name: "fuzz", functions: .none)
      checkUsage(template.usage, in: source)
    } catch {
      checkError(error, in: source)
    }
    let text = ConfigurationString(source, location: start) { offset in
      expect(offset >= 0 && offset <= source.unicodeScalars.count, "a place is in the template: \(offset)")
      return SourceLocation(line: 1, column: offset + 1)
    }
    let rule = ConfigurationNode.mapping(
      [(key("name"), .string(key("x-out"))), (key("value"), .string(text))], start)
    let body = ConfigurationNode.mapping([(key("parseAs"), .string(key("AsJson")))], start)
    let request = ConfigurationNode.mapping(
      [(key("body"), body), (key("set"), .sequence([rule], start))], start)
    let result = Configuration.load(.mapping([(key("request"), request)], start))
    let failed = result.diagnostics.contains { $0.severity == .error }
    expect((result.configuration == nil) == failed, "a configuration or an error")
    for diagnostic in result.diagnostics {
      expect(!diagnostic.message.isEmpty && diagnostic.length >= 1, "a diagnostic says something, somewhere")
    }
  }

  static func checkError(_ error: TemplateError, in source: String) {
    let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    expect((1...lines.count).contains(error.line), "the error is in the template: line \(error.line)")
    let line = String(decoding: lines[error.line - 1], as: UTF8.self)
    expect(error.sourceLine == line, "the error shows its line: \(error)")
    let width = line.unicodeScalars.count
    expect((1...width + 1).contains(error.column), "the error is in its line: column \(error.column)")
    expect(error.length >= 1 && error.column + error.length <= width + 2, "the carets are under the line")
    expect(!error.detail.isEmpty && !error.description.isEmpty, "the error says something")
  }

  private static func checkUsage(_ usage: TemplateUsage, in source: String) {
    let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
    for field in usage.fields {
      expect((1...lines).contains(field.line) && field.column >= 1, "a field is in the template: \(field)")
    }
  }

  private static let start = SourceLocation(line: 1, column: 1)
  private static func key(_ text: String) -> ConfigurationString {
    ConfigurationString(text, location: start)
  }
}
