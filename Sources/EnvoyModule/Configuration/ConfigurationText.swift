internal import CEnvoyModule
internal import Transformation

/// A configuration as Envoy hands it over: JSON (StringValue, BytesValue, and Struct since 1.38), or a serialized
/// `google.protobuf.Struct` (1.36, 1.37, and for routes 1.38). Nothing at all is an empty object.
enum ConfigurationText {
  /// Diagnostics that are logged of one configuration; a wrong file may have thousands.
  private static let diagnosticsLoggedMax = 20

  /// Nil when there is an error that cannot be left to the exchanges (`Tolerance.deferring`). Errors and warnings are
  /// logged, as `swiftformations check` prints them. `name` stands for a file's name.
  static func load(_ text: UnsafeRawBufferPointer, as name: String) -> Configuration? {
    let (configuration, json, all) = read(text)
    let diagnostics = all.filter { $0.severity != .note }
    let shown = String(decoding: json, as: UTF8.self)
    let printer = DiagnosticPrinter(
      file: name, text: shown, secrets: diagnostics.isEmpty ? .none : SecretPlaces(json: json))
    for diagnostic in diagnostics.prefix(diagnosticsLoggedMax) {
      let level = diagnostic.severity == .error ? ENVOY_LOG_ERROR : ENVOY_LOG_WARN
      var lines = printer.print(diagnostic)
      if lines.last == "\n" { lines.removeLast() }
      ModuleLog.write(level, lines)
    }
    if diagnostics.count > diagnosticsLoggedMax {
      ModuleLog.write(ENVOY_LOG_ERROR, "\(name): and \(diagnostics.count - diagnosticsLoggedMax) more")
    }
    let faults = diagnostics.count { $0.severity == .error }
    if configuration != nil, faults > 0 {
      ConfigurationFaults.add(faults)
      ModuleLog.write(
        ENVOY_LOG_ERROR,
        "\(name): loaded with \(faults == 1 ? "this error" : "these \(faults) errors"): exchanges that come to it"
          + " fail, others do not")
    }
    return configuration
  }

  /// The configuration, or what is wrong with it, and the JSON that the places are in.
  static func read(
    _ text: UnsafeRawBufferPointer
  ) -> (configuration: Configuration?, json: [UInt8], diagnostics: [Diagnostic]) {
    guard text.count <= TransformationLimits.configurationBytesMax else {
      return refuse([], "longer than the limit of \(TransformationLimits.configurationBytesMax >> 20) MiB")
    }
    if text.first == StructDecoder.firstByte, let json = StructDecoder.json(text) { return compile(json) }
    let bytes = Array(text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...])
    guard String(validating: bytes, as: UTF8.self) != nil else {
      return (nil, bytes, [Diagnostic.notUTF8(bytes)])
    }
    let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    guard bytes.isEmpty || first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      return refuse(
        bytes,
        "this is not JSON: the module reads JSON or a Struct; `swiftformations envoy-config FILE --deployment module`"
          + " makes it from YAML")
    }
    return compile(bytes)
  }

  private static func compile(
    _ json: [UInt8]
  ) -> (configuration: Configuration?, json: [UInt8], diagnostics: [Diagnostic]) {
    let (configuration, diagnostics) = Configuration.load(json: json, tolerance: .deferring)
    return (configuration, json, diagnostics)
  }

  private static func refuse(
    _ bytes: [UInt8], _ message: String
  ) -> (configuration: Configuration?, json: [UInt8], diagnostics: [Diagnostic]) {
    (nil, bytes, [Diagnostic(.error, at: SourceLocation(line: 1, column: 1), path: "", message)])
  }
}
