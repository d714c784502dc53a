internal import CEnvoyModule
internal import Transformation

/// Envoy's own log.
enum ModuleLog {
  static func isEnabled(_ level: EnvoyLogLevel) -> Bool { envoy_log_enabled(level) }

  /// `message` is made only when the level is logged. It may have several lines.
  static func write(
    _ level: EnvoyLogLevel, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt32 = #line
  ) {
    guard isEnabled(level) else { return }
    "swiftformations: \(message())".withEnvoyBuffer { envoy_log(level, $0, EnvoyBuffer(file), line) }
  }

  /// The last resort, where there may be no Envoy to log.
  static func refuse(_ message: String) {
    if isEnabled(ENVOY_LOG_CRITICAL) { return write(ENVOY_LOG_CRITICAL, message) }
    "swiftformations: \(message)\n".withEnvoyBuffer { process_print_error($0.start, $0.count) }
  }
}
