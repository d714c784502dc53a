internal import GRPC

extension HealthService {
  /// `grpc.health.v1.Health`.
  var methods: [GRPCMethod] {
    [
      GRPCMethod(path: "/grpc.health.v1.Health/Check", isUrgent: true) { [self] _, _, _ in HealthCheck(self)
      },
      GRPCMethod(path: "/grpc.health.v1.Health/Watch", isUrgent: true) { [self] _, _, call in
        HealthWatch(self, call.makeHandle(for: HealthWatch.self))
      },
    ]
  }
}

extension GRPCStatus {
  fileprivate static let noRequest = GRPCStatus(.internal, "the message is not a HealthCheckRequest")
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
    guard let status = HealthMessages.withService(ofRequest: message, { service.status(of: $0) }) else {
      return .noRequest
    }
    self.status = status
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
final class HealthWatch: ResultHandler {
  private let service: HealthService
  private let handle: CallHandle<HealthWatch>
  /// What was said last; nil before there is a request.
  private var status: HealthStatus?
  /// Among those that hear of a change.
  private var number: UInt64?

  init(_ service: HealthService, _ handle: CallHandle<HealthWatch>) {
    self.service = service
    self.handle = handle
  }

  func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard status == nil else { return .manyMessages }
    guard
      let watch = HealthMessages.withService(ofRequest: message, { service.watch($0, handle) })
    else { return .noRequest }
    number = watch.number
    tell(watch.status, &answers)
    return nil
  }

  /// The client of a watch ends its side at once; ours stays open.
  func receiveEnd(into answers: inout OutgoingMessages) -> GRPCStatus? { status == nil ? .noMessage : nil }

  /// The status has changed.
  func receive(result: HealthStatus, into answers: inout OutgoingMessages) -> GRPCStatus? {
    tell(result, &answers)
    return nil
  }

  /// It would hold up the drain for as long as the client likes: it gets its last news and ends.
  func drain(into answers: inout OutgoingMessages) -> GRPCStatus? {
    guard status != nil else { return nil }
    tell(.notServing, &answers)
    return GRPCStatus(.unavailable, "the server is shutting down")
  }

  func end() { if let number { service.endWatch(number) } }

  private func tell(_ status: HealthStatus, _ answers: inout OutgoingMessages) {
    guard status != self.status else { return }
    self.status = status
    HealthMessages.appendResponse(status, to: &answers)
  }
}
