import ConfigurationFiles
import Transformation

/// Loads a file the way all commands do, and as the JSON of `x-swiftformations-config`.
enum ConfigurationTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    let bytes = Array(input)
    let file = ConfigurationFile(name: "fuzz", bytes: bytes)
    check(file.configuration, file.diagnostics, file.text)
    let (configuration, diagnostics) = Configuration.load(json: bytes)
    check(configuration, diagnostics, String(decoding: bytes, as: UTF8.self))
    for transformation in (file.configuration?.transformations ?? [:]).values.prefix(4) {
      ExchangeRun(
        transformation, body: Array(#"{"model": "m", "messages": [{"role": "user"}]}"#.utf8), header: []
      )
      .run()
    }
  }

  private static func check(
    _ configuration: Configuration?, _ diagnostics: [Diagnostic], _ text: String
  ) {
    let failed = diagnostics.contains { $0.severity == .error }
    expect((configuration == nil) == failed, "a configuration or an error: \(diagnostics)")
    let lines = text.unicodeScalars.count { $0 == "\n" } + 1
    for diagnostic in diagnostics {
      expect(!diagnostic.message.isEmpty && diagnostic.length >= 1, "a diagnostic says something, somewhere")
      expect(
        (1...lines).contains(diagnostic.location.line) && diagnostic.location.column >= 1,
        "a diagnostic is in the text: \(diagnostic)")
    }
  }
}
