import ConfigurationFiles
import ExtProc
import JSON
import Server
import Transformation

/// What the admin endpoint tells of a sidecar.
struct SidecarPages: Sendable {
  let server: Server
  let service: ProcessService
  let reload: ConfigurationReload
  /// Nil without TLS.
  let tls: TLSReload?
  let writer: LogWriter

  var pages: AdminPages {
    AdminPages(
      ready: { [self] in ready }, metrics: { [self] in metrics }, configuration: { [self] in configuration })
  }

  private static let versionDigits = 12
  private static let mismatchesShownMax = 20

  private var ready: (isReady: Bool, text: String) {
    let phase = server.currentPhase
    let status = reload.status
    var lines = [phase == .serving ? "ready" : phase == .starting ? "starting" : "draining"]
    lines.append(
      "configuration \(status.version.prefix(Self.versionDigits)), in force since \(time(status.loadedAt))")
    if let fault = status.fault {
      lines.append("the file is refused as it is now, and the configuration in force goes on:")
      lines += fault.lines.map(\.printable)
    }
    // No reason to take no work: it may be one route's filter, and without work nobody would see that it is mended.
    let mismatches = service.filterMismatches
    if !mismatches.isEmpty {
      lines.append("Envoy's filter does not fit the configuration:")
      lines += mismatches.prefix(Self.mismatchesShownMax).map(\.printable)
      if mismatches.count > Self.mismatchesShownMax {
        lines.append("and \(mismatches.count - Self.mismatchesShownMax) more")
      }
    }
    if let fault = tls?.status.fault {
      lines.append("the TLS files are refused as they are now, and those in force go on:")
      lines.append(fault.printable)
    }
    return (phase == .serving, lines.joined(separator: "\n"))
  }

  private var metrics: String {
    var exposition = Exposition()
    exposition.family("swiftformations_build_info", .gauge, "Which program this is.")
    exposition.sample("swiftformations_build_info", ["version": Swiftformations.version], 1)
    server.metrics.write(to: &exposition)
    service.metrics.write(to: &exposition)
    writeConfiguration(to: &exposition)
    exposition.single(
      "swiftformations_filter_mismatches", .gauge, service.filterMismatches.count,
      "Ways in which Envoy's filter does not fit the configuration in force; /readyz lists them.")
    if let tls { writeTLS(tls, to: &exposition) }
    exposition.single(
      "swiftformations_log_lines_left_out_total", .counter, service.logLinesLeftOut,
      "Log lines about failures not written, because there were many of the same reason in a second.")
    exposition.single(
      "swiftformations_log_lines_lost_total", .counter, writer.lost,
      "Log lines lost, because standard error was not read.")
    ProcessStatistics.write(to: &exposition)
    return exposition.text
  }

  private func writeConfiguration(to exposition: inout Exposition) {
    let status = reload.status
    exposition.family(
      "swiftformations_config_info", .gauge, "The configuration in force: the start of its text's SHA-256.")
    exposition.sample(
      "swiftformations_config_info", ["version": String(status.version.prefix(Self.versionDigits))], 1)
    exposition.single(
      "swiftformations_config_transformations", .gauge, service.configuration.transformations.count,
      "Transformations in the configuration in force.")
    exposition.single(
      "swiftformations_config_last_load_timestamp_seconds", .gauge, status.loadedAt,
      "When the configuration in force was taken, since 1970.")
    exposition.single(
      "swiftformations_config_last_reload_successful", .gauge, status.fault == nil ? 1 : 0,
      "1 while the file is the configuration in force, 0 while it is refused.")
    exposition.single(
      "swiftformations_config_loads_total", .counter, status.loads,
      "Configurations taken, the first included.")
    exposition.single(
      "swiftformations_config_refusals_total", .counter, status.refusals, "Files refused.")
  }

  private func writeTLS(_ tls: TLSReload, to exposition: inout Exposition) {
    let status = tls.status
    exposition.single(
      "swiftformations_tls_certificate_expiry_timestamp_seconds", .gauge, tls.identity.expiry,
      "When the certificate in force expires, since 1970.")
    exposition.single(
      "swiftformations_tls_last_reload_successful", .gauge, status.fault == nil ? 1 : 0,
      "1 while the files are what is in force, 0 while they are refused.")
    exposition.single(
      "swiftformations_tls_loads_total", .counter, status.loads, "Certificates taken, the first included.")
    exposition.single("swiftformations_tls_refusals_total", .counter, status.refusals, "Files refused.")
  }

  private var configuration: [UInt8] {
    let inForce = reload.inForce
    let status = reload.status
    var json: [UInt8] = []
    json.append(contentsOf: "{\"file\":".utf8)
    JSONWriter.appendString(inForce.name, to: &json)
    json.append(contentsOf: ",\"version\":".utf8)
    JSONWriter.appendString(status.version, to: &json)
    json.append(contentsOf: ",\"in_force_since\":".utf8)
    JSONWriter.appendString(time(status.loadedAt), to: &json)
    json.append(contentsOf: ",\"configuration\":".utf8)
    json.append(contentsOf: inForce.shown)
    json.append(contentsOf: "}\n".utf8)
    return json
  }

  private func time(_ seconds: Double) -> String {
    LineLogHandler.timestamp(seconds: seconds)
  }
}
