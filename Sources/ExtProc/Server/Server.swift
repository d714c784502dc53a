package import Logging

/// Where the server listens.
package enum ListenAddress: Sendable, Equatable {
  case unix(path: String)
  case tcp(host: String, port: Int)
  /// `unix:PATH` or `HOST:PORT` (`[::1]:50051` for IPv6). Throws a text that says what is wrong and shows the form.
  package init(_ text: String) throws { fatalError() }
}

/// The sidecar's gRPC server.
package final class Server: Sendable {
  package struct Options: Sendable {
    package var listen: [ListenAddress]
    /// Event loops; 0 is one for each core, at most 4?
    package var threads = 0
    package var socketMode: UInt16 = 0o660
    /// How long streams in flight may take after a SIGTERM.
    package var drainSeconds = 30
    package init(listen: [ListenAddress]) { self.listen = listen }
  }
  package init(options: Options, service: ProcessService, logger: Logger) { fatalError() }
  /// Binds all listeners, logs one line for each, serves until `shutdown()`; throws when a listener cannot be bound.
  package func run() async throws { fatalError() }
  /// Drains (GOAWAY, streams in flight finish or the deadline passes) and lets `run` return.
  package func shutdown() { fatalError() }
}
