import Foundation

/// A running Envoy. Its ports are free ones that it chose.
final class Envoy: Sendable {
  let process: ChildProcess
  private let adminPort: Int
  private let ports: [String: Int]
  private let accessLogFile: String

  convenience init(
    _ version: EnvoyVersion, _ configuration: EnvoyConfiguration, in folder: TemporaryFolder
  ) throws {
    let accessLogFile = folder.file("access.log")
    try self.init(
      version, bootstrap: configuration.yaml(accessLogFile: accessLogFile), accessLogFile: accessLogFile,
      modules: configuration.usesModule ? try ModuleFolder.all.path : "", in: folder)
  }

  /// - Parameters:
  ///   - bootstrap: without `admin`.
  ///   - modules: the folder of the dynamic modules.
  ///   - options: of Envoy's command line, in addition.
  init(
    _ version: EnvoyVersion, bootstrap: String, accessLogFile: String = "/dev/null", modules: String = "",
    workers: Int = 2, options: [String] = [], in folder: TemporaryFolder
  ) throws {
    self.accessLogFile = accessLogFile
    let admin = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }\n"
    let adminFile = folder.file("admin-address")
    let process = try ChildProcess(
      "Envoy \(version.rawValue)", Programs.envoy(version),
      [
        "--config-path", folder.write("envoy.yaml", admin + bootstrap),
        "--admin-address-path", adminFile, "--concurrency", "\(workers)", "--disable-hot-restart",
        "--file-flush-interval-msec", "10", "--log-level", "warning",
      ] + options, environment: [Self.modulesVariable: modules], logFile: folder.file("envoy.log"))
    (adminPort, ports) = try process.waitUntil("is ready") {
      guard let address = try? String(contentsOfFile: adminFile, encoding: .utf8),
        let adminPort = address.split(separator: ":").last.flatMap({ Int($0) }),
        let ready = try? HTTPConnection(port: adminPort).exchange(.get("/ready")), ready.status == 200
      else { return nil }
      return (
        adminPort, Self.ports(in: try HTTPConnection(port: adminPort).exchange(.get("/listeners")).text)
      )
    }
    self.process = process
  }

  private static let modulesVariable = "ENVOY_DYNAMIC_MODULES_SEARCH_PATH"

  /// What `--mode validate` says to a configuration: nil when it is accepted.
  static func complaint(
    of version: EnvoyVersion, about yaml: String, modules: String = ""
  ) throws -> String? {
    let folder = try TemporaryFolder()
    let process = try ChildProcess(
      "Envoy \(version.rawValue)", Programs.envoy(version),
      ["--mode", "validate", "--config-path", folder.write("envoy.yaml", yaml), "--disable-hot-restart"],
      environment: [modulesVariable: modules], logFile: folder.file("envoy.log"))
    try process.waitForEnd()
    return process.exitStatus == 0 ? nil : process.log
  }

  func port(of listener: String) throws -> Int {
    guard let port = ports[listener] else { throw Failure("Envoy has no listener named \(listener)") }
    return port
  }

  /// The value of a counter or a gauge; 0 for one that does not exist yet.
  func statistic(_ name: String) throws -> Int {
    let text = try HTTPConnection(port: adminPort).exchange(.get("/stats?filter=^\(name)$")).text
    return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 0
  }

  /// What it has allocated and not freed, what is in it of the module's included: the module uses Envoy's `malloc`.
  var allocatedBytes: Int {
    get throws {
      let memory = try HTTPConnection(port: adminPort).exchange(.get("/memory")).json()
      guard let text = memory["allocated"] as? String, let bytes = Int(text) else {
        throw Failure("/memory: \(memory)")
      }
      return bytes
    }
  }

  /// The line of the access log for a request with this path, as soon as it is written.
  func accessLogEntry(path: String) throws -> AccessLogEntry {
    try accessLogEntry(AccessLogEntry.self, "for \(path)") { $0.path == path }
  }

  /// The first line of the access log that fits, as soon as it is written.
  func accessLogEntry<Entry: Decodable>(
    _ type: Entry.Type, _ what: String, where fits: (Entry) -> Bool
  ) throws -> Entry {
    try process.waitUntil("writes an access log entry \(what)") {
      let text = (try? String(contentsOfFile: accessLogFile, encoding: .utf8)) ?? ""
      // Only whole lines.
      return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .compactMap { try? JSONDecoder().decode(Entry.self, from: Data($0.utf8)) }
        .first(where: fits)
    }
  }

  /// Lines of the form `name::127.0.0.1:4711`.
  private static func ports(in text: String) -> [String: Int] {
    var ports: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      guard let end = line.firstRange(of: "::"), let port = line.split(separator: ":").last else { continue }
      ports[String(line[..<end.lowerBound])] = Int(port)
    }
    return ports
  }
}

/// One line of the access log.
struct AccessLogEntry: Decodable, Sendable {
  var path: String
  var status: Int
  /// Envoy's RESPONSE_CODE_DETAILS.
  var details: String?
  /// The dynamic metadata of the namespace `EnvoyConfiguration.metadataNamespace`.
  var metadata: [String: Value]?

  enum Value: Decodable, Equatable, Sendable {
    case string(String)
    case number(Double)
    case bool(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let bool = try? container.decode(Bool.self) {
        self = .bool(bool)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .string(try container.decode(String.self))
      }
    }
  }
}
