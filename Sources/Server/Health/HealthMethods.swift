internal import GRPC

extension HealthService {
  /// `grpc.health.v1.Health`.
  var methods: [GRPCMethod] {
    [
      GRPCMethod(path: "/grpc.health.v1.Health/Check") { [self] _, _ in HealthCheck(self) },
      GRPCMethod(path: "/grpc.health.v1.Health/Watch") { [self] _, _ in HealthWatch(self) },
    ]
  }

  /// What a request asks for: nil of a service that is not known. Throws when it is no request.
  fileprivate func status(for request: UnsafeRawBufferPointer) throws(GRPCStatus) -> HealthStatus? {
    guard let status = HealthMessages.withService(ofRequest: request, { self.status(of: $0) }) else {
      throw GRPCStatus(.internal, "the message is not a HealthCheckRequest")
    }
    return status
  }
}

extension GRPCStatus {
  fileprivate static let noMessage = GRPCStatus(.internal, "the request has no message")
  fileprivate static let manyMessages = GRPCStatus(.internal, "the request has more than one message")
}

/// A call of `Check`: answered when the request is complete.
private final class HealthCheck: CallHandler {
  private let service: HealthService
  private var isRequested = false
  /// Nil: the service is not known.
  private var status: HealthStatus?

  init(_ service: HealthService) { self.service = service }

  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard !isRequested else { return .manyMessages }
    do throws(GRPCStatus) {
      status = try service.status(for: message)
    } catch {
      return error
    }
    isRequested = true
    return nil
  }

  func receiveEnd(into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard isRequested else { return .noMessage }
    guard let status else { return GRPCStatus(.notFound, "no such service") }
    HealthMessages.appendResponse(status, to: &answers)
    return .ok
  }
}

/// A call of `Watch`: it stays open for news, of which there is one, the end.
private final class HealthWatch: CallHandler {
  private let service: HealthService
  private var isRequested = false

  init(_ service: HealthService) { self.service = service }

  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard !isRequested else { return .manyMessages }
    do throws(GRPCStatus) {
      HealthMessages.appendResponse(try service.status(for: message) ?? .serviceUnknown, to: &answers)
    } catch {
      return error
    }
    isRequested = true
    return nil
  }

  /// The client of a watch ends its side at once; ours stays open.
  func receiveEnd(into answers: inout OutgoingMessages) -> GRPCStatus? { isRequested ? nil : .noMessage }

  /// It would hold up the drain for as long as the client likes: it gets its last news and ends.
  func drain(into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard isRequested else { return nil }
    HealthMessages.appendResponse(.notServing, to: &answers)
    return GRPCStatus(.unavailable, "the server is shutting down")
  }
}
