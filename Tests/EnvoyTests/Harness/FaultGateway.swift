import Foundation

/// An Envoy whose cluster of sidecars a test lays out: which addresses, which options. The test starts the sidecars.
final class FaultGateway: Sendable {
  let envoy: Envoy
  let mockLLM: MockLLM
  private let folder: TemporaryFolder

  /// - Parameters:
  ///   - sidecars: the addresses, each as Envoy's `Address` in YAML.
  ///   - clusterOptions: further fields of the cluster, in YAML's flow style, with a comma at the end.
  init(
    _ version: EnvoyVersion, listeners: [EnvoyConfiguration.Listener], sidecars: [String],
    clusterOptions: String = "", in folder: TemporaryFolder
  ) throws {
    self.folder = folder
    mockLLM = try MockLLM(in: folder)
    let placeholder = "@sidecar@"
    let configuration = EnvoyConfiguration(
      upstreamPort: mockLLM.port, sidecarSocket: placeholder, listeners: listeners)
    let accessLogFile = folder.file("access.log")
    var yaml = configuration.yaml(accessLogFile: accessLogFile)
    try yaml.replaceOne(
      "{ endpoint: { address: { \(Self.pipe(placeholder)) } } }",
      with: sidecars.map { "{ endpoint: { address: { \($0) } } }" }.joined(separator: ",\n"))
    try yaml.replaceOne(
      "name: sidecar, connect_timeout: 5s,", with: "name: sidecar, connect_timeout: 1s, \(clusterOptions)")
    envoy = try Envoy(version, bootstrap: yaml, accessLogFile: accessLogFile, in: folder)
  }

  static func pipe(_ path: String) -> String { "pipe: { path: \"\(path)\" }" }
  static func tcp(_ port: Int) -> String {
    "socket_address: { address: 127.0.0.1, port_value: \(port) }"
  }

  /// Asks each sidecar by gRPC whether it serves, and sends requests only where it does.
  static let healthChecks = """
    health_checks: [ {
      timeout: 1s, interval: 0.1s, unhealthy_threshold: 1, healthy_threshold: 1,
      no_traffic_interval: 0.1s, grpc_health_check: {}
    } ],
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    """

  func load(through listener: String, threads: Int = 4) throws -> Load {
    Load(port: try envoy.port(of: listener), threads: threads)
  }
}

extension String {
  fileprivate mutating func replaceOne(_ text: String, with replacement: String) throws {
    let parts = components(separatedBy: text)
    guard parts.count == 2 else { throw Failure("the bootstrap has \(parts.count - 1) times: \(text)") }
    self = parts.joined(separator: replacement)
  }
}

/// A sidecar that a test starts as it likes.
final class SidecarProcess: Sendable {
  let process: ChildProcess

  /// - Parameters:
  ///   - address: of `--listen`.
  ///   - wrapper: a command that runs the one that follows.
  init(
    _ name: String, configuration: String, listen address: String, options: [String] = [],
    wrapper: [String] = [], in folder: TemporaryFolder
  ) throws {
    let command =
      wrapper + [Programs.swiftformations, "serve", "--config", configuration, "--listen", address] + options
    let executable = command[0]
    process = try ChildProcess(
      name, executable, Array(command.dropFirst()), logFile: folder.file("\(name).log"))
  }

  /// Waits for a line of its log.
  @discardableResult
  func waitForLog(_ text: String, after count: Int = 0) throws -> String {
    try process.waitUntil("logs '\(text)'") {
      let lines = process.log.split(separator: "\n").filter { $0.contains(text) }
      return lines.count > count ? String(lines[count]) : nil
    }
  }

  /// Starts one and waits until it listens.
  static func listening(
    _ name: String, configuration: String, listen address: String, options: [String] = [],
    wrapper: [String] = [], in folder: TemporaryFolder
  ) throws -> SidecarProcess {
    let sidecar = try SidecarProcess(
      name, configuration: configuration, listen: address, options: options, wrapper: wrapper, in: folder)
    try sidecar.waitForLog("listening")
    return sidecar
  }

  /// Resident memory now, in bytes.
  var residentBytes: Int { status("VmRSS:") }

  /// The most since `forgetPeak()`.
  var peakBytes: Int { status("VmHWM:") }

  func forgetPeak() {
    // proc(5): 5 resets the high water mark.
    try? "5".write(toFile: "/proc/\(process.identifier)/clear_refs", atomically: false, encoding: .utf8)
  }

  private func status(_ name: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return (line.split(whereSeparator: { " \t".contains($0) }).compactMap { Int($0) }.first ?? 0) << 10
  }

  /// Processor time used so far, in seconds.
  var processorSeconds: Double {
    let text = (try? String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8)) ?? ""
    // Fields 14 and 15 of proc(5), counted behind the name's bracket.
    let fields = text.split(separator: ")").last?.split(separator: " ").compactMap { Double($0) } ?? []
    guard fields.count > 12 else { return 0 }
    return (fields[10] + fields[11]) / Double(sysconf(CInt(_SC_CLK_TCK)))
  }
}
