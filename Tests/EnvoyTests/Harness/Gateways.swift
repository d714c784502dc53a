import Synchronization

/// One gateway for each Envoy version, started when it is first asked for and shared by the tests of a suite.
final class Gateways: Sendable {
  private let started = Mutex<[EnvoyVersion: Result<Gateway, any Error>]>([:])
  private let start: @Sendable (EnvoyVersion) throws -> Gateway

  init(_ start: @escaping @Sendable (EnvoyVersion) throws -> Gateway) { self.start = start }

  subscript(version: EnvoyVersion) -> Gateway {
    get throws {
      try started.withLock { started in
        if started[version] == nil { started[version] = Result { try start(version) } }
        return started[version]!
      }.get()
    }
  }
}
