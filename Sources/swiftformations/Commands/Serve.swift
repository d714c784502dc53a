import ArgumentParser
import ExtProc
import Logging
import Server
import Transformation

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the sidecar that Envoy's ext_proc filter calls.",
    discussion: """
      Listens for gRPC on a Unix socket, which file permissions guard and no port is needed for, or on TCP, \
      there with TLS if you like. `swiftformations envoy-config` prints what Envoy has to be told.

        swiftformations serve --config chat.yaml
        swiftformations serve --config chat.yaml --listen unix:/tmp/sf.sock
        swiftformations serve --config chat.yaml --listen '[::1]:50051' \\
            --listen 127.0.0.1:50051 --log-level debug
        swiftformations serve --config chat.yaml --listen 0.0.0.0:50051 \\
            --tls-certificate tls.crt --tls-key tls.key --tls-client-ca ca.crt

      The configuration, and the files of TLS, are read again when they change, and at SIGHUP; what is wrong \
      is refused, and what is in force goes on. Logs go to standard error, one line each. SIGTERM or SIGINT \
      drains: no new work is taken, exchanges in flight finish, and the status is 0; a second signal ends the \
      process at once. With a wrong configuration, it says what `swiftformations check` says, and the status \
      is 1.
      """)

  @Option(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var config: String

  @Option(
    help: ArgumentHelp(
      "Where to listen: unix:PATH or HOST:PORT; may be repeated. (default: unix:\(Serve.defaultSocket))",
      valueName: "address"),
    transform: Serve.address)
  var listen: [ListenAddress] = []

  @Option(
    help: ArgumentHelp(
      "TLS for the TCP listeners: the server's certificate and those above it, in PEM.", valueName: "file"))
  var tlsCertificate: String?

  @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "Certificates in PEM: clients must show one that these have signed.", valueName: "file"))
  var tlsClientCa: String?

  @Flag(help: "Allow TCP listeners without TLS on addresses that others can reach.")
  var allowPlaintext = false

  @Option(help: ArgumentHelp("Event loops; 0 chooses by the number of cores.", valueName: "n"))
  var threads = 0

  @Option(
    help: ArgumentHelp(
      "debug, info, notice, warning, error or critical. (default: info)", valueName: "level"),
    transform: Serve.level)
  var logLevel = Logger.Level.info

  @Option(
    help: ArgumentHelp(
      "How log lines look: text or json. (default: text)", valueName: "format"))
  var logFormat = LogFormat.text

  @Option(
    help: ArgumentHelp(
      """
      Where /healthz, /readyz, /metrics and /config are: HOST:PORT, or a port of 127.0.0.1. (default: \
      nowhere)
      """, valueName: "address"))
  var admin: AdminAddress?

  @Option(help: ArgumentHelp("Permissions of the socket file, in octal.", valueName: "mode"))
  var socketMode = SocketMode(bits: 0o660)

  @Option(help: ArgumentHelp("How long exchanges in flight may take after the signal.", valueName: "seconds"))
  var drainSeconds = 30

  @Option(
    help: ArgumentHelp(
      """
      How long to go on as before after the signal, with health checks that say no, so that Envoy's can look \
      elsewhere.
      """, valueName: "seconds"))
  var drainDelaySeconds = 0

  @Flag(
    help: """
      Say that Envoy's filter has allow_mode_override: then a body that the filter's processing mode leaves \
      out is asked for where a transformation needs it.
      """)
  var allowModeOverride = false

  @Option(
    help: ArgumentHelp(
      """
      What to take clients for that do not say how they send bodies: \(Serve.bodyModeNames). Envoy says it; \
      agentgateway up to 1.2.1 does not, and wants FULL_DUPLEX_STREAMED. (default: whatever a transformation \
      needs)
      """, valueName: "mode"),
    transform: Serve.bodyMode)
  var undeclaredBodyMode: BodyMode?

  @Option(
    help: ArgumentHelp(
      "How long a body that is waited for may take, until the client gets 408 or 504; 0 is no limit.",
      valueName: "seconds"))
  var bodySeconds = 300

  @Option(
    help: ArgumentHelp(
      """
      MiB that incomplete messages and answers that are not taken may have on all connections together; more \
      fails.
      """, valueName: "mib"))
  var bufferMibMax = 1024

  @Option(
    help: ArgumentHelp(
      "Headers that Envoy lets a message have: its max_headers_count.", valueName: "n"))
  var headersMax = HeaderLimits().headersMax

  @Option(
    help: ArgumentHelp(
      "KiB that Envoy lets a message's headers have: its max_request_headers_kb.", valueName: "kib"))
  var headerKbMax = HeaderLimits().headerBytesMax >> 10

  static let defaultSocket = "/var/run/swiftformations/ext-proc.sock"

  var addresses: [ListenAddress] { listen.isEmpty ? [.unix(path: Serve.defaultSocket)] : listen }

  var headerLimits: HeaderLimits {
    var limits = HeaderLimits()
    limits.headersMax = headersMax
    limits.headerBytesMax = headerKbMax << 10
    return limits
  }

  func validate() throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads is 0 to 1024") }
    guard (1...100_000).contains(headersMax) else { throw ValidationError("--headers-max is 1 to 100000") }
    guard (1...1 << 20).contains(bufferMibMax) else {
      throw ValidationError("--buffer-mib-max is 1 to 1048576")
    }
    guard (1...8192).contains(headerKbMax) else { throw ValidationError("--header-kb-max is 1 to 8192") }
    for (name, seconds) in [
      ("drain-seconds", drainSeconds), ("drain-delay-seconds", drainDelaySeconds),
      ("body-seconds", bodySeconds),
    ] {
      guard (0...86_400).contains(seconds) else { throw ValidationError("--\(name) is 0 to 86400") }
    }
    try validateTLS()
  }

  private func validateTLS() throws {
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
    guard tlsClientCa == nil || tlsCertificate != nil else {
      throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key")
    }
    let hasTCP = addresses.contains { if case .tcp = $0 { true } else { false } }
    guard tlsCertificate == nil || hasTCP else {
      throw ValidationError("TLS is for TCP listeners, and there is none: add --listen HOST:PORT")
    }
    guard tlsCertificate == nil, !allowPlaintext else { return }
    if let exposure = addresses.compactMap(Serve.exposure).first {
      throw ValidationError(
        "\(exposure); give --tls-certificate and --tls-key, or allow it with --allow-plaintext")
    }
  }

  static func address(_ text: String) throws -> ListenAddress {
    do {
      return try ListenAddress(text)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private static let bodyModeNames = BodyMode.declarable.map(\.rawValue).joined(separator: ", ")

  private static func bodyMode(_ text: String) throws -> BodyMode {
    guard let mode = BodyMode.declarable.first(where: { $0.rawValue == text.uppercased() }) else {
      throw ValidationError("'\(text)' is not one of \(bodyModeNames)")
    }
    return mode
  }

  private static func level(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text.lowercased()) else {
      // Nothing is logged for `trace` alone: it is `debug`, under a name that some are used to.
      let names = Logger.Level.allCases.filter { $0 != .trace }.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(text)' is not one of \(names)")
    }
    return level
  }

  /// What is risky about an address; nil when nothing is.
  static func exposure(_ address: ListenAddress) -> String? {
    guard case .tcp(let host, _) = address else { return nil }
    guard !ListenAddress.isLoopback(host: host) else { return nil }
    return
      "\(address) is no loopback address, and there is no TLS: whoever reaches it can use the"
      + " transformations, and whoever is on the way can read the messages; prefer a Unix socket"
  }
}
