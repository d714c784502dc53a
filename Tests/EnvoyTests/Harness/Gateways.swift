import Synchronization

/// One of something for each Envoy version, started when it is first asked for and shared by the tests of a suite.
final class PerVersion<Started: Sendable>: Sendable {
  private let started = Mutex<[EnvoyVersion: Result<Started, any Error>]>([:])
  private let start: @Sendable (EnvoyVersion) throws -> Started

  init(_ start: @escaping @Sendable (EnvoyVersion) throws -> Started) { self.start = start }

  subscript(version: EnvoyVersion) -> Started {
    get throws {
      try started.withLock { started in
        if let result = started[version] { return result }
        let result = Result { try start(version) }
        started[version] = result
        return result
      }.get()
    }
  }
}

typealias Gateways = PerVersion<Gateway>
