internal import GRPC
internal import Synchronization

/// What the server says of itself by `grpc.health.v1.Health`. Shared by all connections.
final class HealthService: Sendable {
  private let isDraining = Atomic(false)

  /// From now on nothing is served: load balancers and Envoy's health check look elsewhere.
  func drain() {
    isDraining.store(true, ordering: .relaxed)
  }

  /// The status of a service by its full name; the empty name is the server as a whole. Nil when it is not known.
  func status(of service: UnsafeRawBufferPointer) -> HealthStatus? {
    let isKnown =
      service.isEmpty || service.equals("envoy.service.ext_proc.v3.ExternalProcessor")
      || service.equals("grpc.health.v1.Health")
    guard isKnown else { return nil }
    return isDraining.load(ordering: .relaxed) ? .notServing : .serving
  }
}

/// `grpc.health.v1.HealthCheckResponse.ServingStatus`.
enum HealthStatus: UInt8 {
  case unknown = 0
  case serving = 1
  case notServing = 2
  case serviceUnknown = 3
}
