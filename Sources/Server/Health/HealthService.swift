internal import GRPC
internal import Synchronization

/// What the server says of itself by `grpc.health.v1.Health`. Shared by all connections.
final class HealthService: Sendable {
  private struct State {
    var isDraining = false
    /// Calls that hear of a change.
    var watches: [UInt64: CallHandle<HealthWatch>] = [:]
    var lastWatch: UInt64 = 0
  }

  private let state = Mutex(State())

  /// From now on nothing is served: load balancers and Envoy's health check look elsewhere.
  func drain() {
    let watches = state.withLock { state in
      state.isDraining = true
      return Array(state.watches.values)
    }
    for watch in watches { watch.deliver(.notServing) }
  }

  /// The status of a service by its full name; the empty name is the server as a whole. Nil when it is not known.
  func status(of service: UnsafeRawBufferPointer) -> HealthStatus? {
    guard Self.isKnown(service) else { return nil }
    return state.withLock { $0.isDraining } ? .notServing : .serving
  }

  private static func isKnown(_ service: UnsafeRawBufferPointer) -> Bool {
    service.isEmpty || service.equals("envoy.service.ext_proc.v3.ExternalProcessor")
      || service.equals("grpc.health.v1.Health")
  }

  /// The status as in `status(of:)`, and a number by which the watch is ended: what comes later comes by `handle`.
  func watch(
    _ service: UnsafeRawBufferPointer, _ handle: CallHandle<HealthWatch>
  ) -> (status: HealthStatus, number: UInt64?) {
    guard Self.isKnown(service) else { return (.serviceUnknown, nil) }
    return state.withLock { state in
      guard !state.isDraining else { return (.notServing, nil) }
      state.lastWatch &+= 1
      state.watches[state.lastWatch] = handle
      return (.serving, state.lastWatch)
    }
  }

  func endWatch(_ number: UInt64) { state.withLock { $0.watches[number] = nil } }

  /// How many calls would hear of a change.
  var watchCount: Int { state.withLock { $0.watches.count } }
}

/// `grpc.health.v1.HealthCheckResponse.ServingStatus`.
enum HealthStatus: UInt8 {
  case unknown = 0
  case serving = 1
  case notServing = 2
  case serviceUnknown = 3
}
