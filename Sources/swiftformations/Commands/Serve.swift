import ArgumentParser
import ExtProc
import Logging
import Transformation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the sidecar that Envoy's ext_proc filter calls.",
    discussion: """
      Listens for gRPC (HTTP/2 without TLS) on a Unix socket, which file permissions guard and no port is \
      needed for. `swiftformations envoy-config` prints what Envoy has to be told.

        swiftformations serve --config chat.yaml
        swiftformations serve --config chat.yaml --listen unix:/tmp/sf.sock
        swiftformations serve --config chat.yaml --listen '[::1]:50051' \\
            --listen 127.0.0.1:50051 --log-level debug

      Logs go to standard error, one line each. SIGTERM or SIGINT drains: no new work is taken, exchanges in \
      flight finish, and the status is 0; a second signal ends the process at once. With a wrong \
      configuration, it says what `swiftformations check` says, and the status is 1.
      """)

  @Option(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var config: String

  @Option(
    help: ArgumentHelp(
      "Where to listen: unix:PATH or HOST:PORT; may be repeated. (default: unix:\(Serve.defaultSocket))",
      valueName: "address"),
    transform: Serve.address)
  var listen: [ListenAddress] = []

  @Option(help: ArgumentHelp("Event loops; 0 chooses by the number of cores.", valueName: "n"))
  var threads = 0

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical. (default: info)", valueName: "level"),
    transform: Serve.level)
  var logLevel = Logger.Level.info

  @Option(help: ArgumentHelp("Permissions of the socket file, in octal.", valueName: "mode"))
  var socketMode = SocketMode(bits: 0o660)

  @Option(help: ArgumentHelp("How long exchanges in flight may take after the signal.", valueName: "seconds"))
  var drainSeconds = 30

  @Flag(
    help: """
      Say that Envoy's filter has allow_mode_override: then a body that the filter's processing mode leaves \
      out is asked for where a transformation needs it.
      """)
  var allowModeOverride = false

  @Option(
    help: ArgumentHelp(
      "Headers that Envoy lets a message have: its max_headers_count.", valueName: "n"))
  var headersMax = 100

  @Option(
    help: ArgumentHelp(
      "KiB that Envoy lets a message's headers have: its max_request_headers_kb.", valueName: "kib"))
  var headerKbMax = 60

  static let defaultSocket = "/var/run/swiftformations/ext-proc.sock"

  func validate() throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads is 0 to 1024") }
    guard (1...100_000).contains(headersMax) else { throw ValidationError("--headers-max is 1 to 100000") }
    guard (1...8192).contains(headerKbMax) else { throw ValidationError("--header-kb-max is 1 to 8192") }
    guard (0...86_400).contains(drainSeconds) else { throw ValidationError("--drain-seconds is 0 to 86400") }
  }

  func run() async throws {
    let (configuration, _) = try LoadedConfiguration.load(config)
    // A peer that is gone is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let level = logLevel
    let logger = Logger(label: "swiftformations") { _ in LineLogHandler(level: level) }

    let addresses = listen.isEmpty ? [.unix(path: Serve.defaultSocket)] : listen
    for warning in addresses.compactMap(Serve.exposure) { logger.warning("\(warning)") }
    let server = Server(
      options: options(addresses),
      service: ProcessService(configuration: configuration, options: serviceOptions, logger: logger),
      logger: logger)
    let seconds = drainSeconds
    let signals = ShutdownSignals { name in
      logger.info("\(name): draining for at most \(seconds) s; a second signal ends at once")
      server.shutdown()
    }
    do {
      try await server.run()
    } catch {
      logger.critical("\(error)")
      throw ExitCode.failure
    }
    withExtendedLifetime(signals) {}
  }

  private func options(_ addresses: [ListenAddress]) -> Server.Options {
    var options = Server.Options(listen: addresses)
    options.threads = threads
    options.socketMode = socketMode.bits
    options.drainSeconds = drainSeconds
    return options
  }

  private var serviceOptions: ProcessService.Options {
    var options = ProcessService.Options()
    options.allowModeOverride = allowModeOverride
    options.headerLimits.headersMax = headersMax
    options.headerLimits.headerBytesMax = headerKbMax << 10
    return options
  }

  static func address(_ text: String) throws -> ListenAddress {
    do {
      return try ListenAddress(text)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private static func level(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text.lowercased()) else {
      let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(text)' is not one of \(names)")
    }
    return level
  }

  /// What is risky about an address; nil when nothing is.
  static func exposure(_ address: ListenAddress) -> String? {
    guard case .tcp(let host, _) = address else { return nil }
    let isLoopback = host.hasPrefix("127.") || host == "::1" || host == "localhost"
    guard !isLoopback else { return nil }
    return
      "\(address) is no loopback address, and there is no TLS: whoever reaches it can use the"
      + " transformations, and whoever is on the way can read the messages; prefer a Unix socket"
  }
}
