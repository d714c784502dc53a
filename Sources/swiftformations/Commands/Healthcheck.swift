import ArgumentParser
import Server

struct Healthcheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Asks a running sidecar whether it serves, for probes.",
    discussion: """
      Calls grpc.health.v1.Health/Check, as Envoy's own health check does, so that an image without a shell \
      can be probed. The status is 0 when the sidecar serves, and 1, with a reason on standard error, when it \
      cannot be reached, drains, or does not answer in time.

        swiftformations healthcheck
        swiftformations healthcheck --connect unix:/tmp/sf.sock --timeout-seconds 2
        swiftformations healthcheck --connect 127.0.0.1:50051

      A listener with TLS cannot be asked; let the sidecar listen on a Unix socket as well.
      """)

  @Option(
    help: ArgumentHelp(
      "Where the sidecar listens: unix:PATH or HOST:PORT. (default: unix:\(Serve.defaultSocket))",
      valueName: "address"),
    transform: Serve.address)
  var connect = ListenAddress.unix(path: Serve.defaultSocket)

  @Option(help: ArgumentHelp("How long it may take.", valueName: "seconds"))
  var timeoutSeconds = 1

  func validate() throws {
    guard (1...60).contains(timeoutSeconds) else { throw ValidationError("--timeout-seconds is 1 to 60") }
  }

  func run() throws {
    do {
      try HealthClient.check(connect, seconds: timeoutSeconds)
    } catch {
      Console.write("swiftformations: \(error)\n", to: .error)
      throw ExitCode.failure
    }
  }
}
