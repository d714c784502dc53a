internal import CMessages
internal import GRPC

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The two messages of `grpc.health.v1`.
enum HealthMessages {
  /// The name of a service is far shorter. protobuf-c takes many times the size of a message that is made to be
  /// expensive.
  private static let requestBytesMax = 4 << 10

  /// Calls `body` with the `service` of a `HealthCheckRequest`, borrowed; empty where it is absent. Nil when the
  /// message cannot be decoded, or is larger than any of use.
  static func withService<Result>(
    ofRequest message: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result? {
    guard message.count <= requestBytesMax,
      let request = grpc__health__v1__health_check_request__unpack(
        nil, message.count, message.baseAddress?.assumingMemoryBound(to: UInt8.self))
    else { return nil }
    defer { grpc__health__v1__health_check_request__free_unpacked(request, nil) }
    guard let service = request.pointee.service else { return nil }
    return body(UnsafeRawBufferPointer(start: service, count: strlen(service)))
  }

  /// Appends a `HealthCheckResponse`.
  static func appendResponse(_ status: HealthStatus, to answers: inout OutgoingMessages) {
    var response = Grpc__Health__V1__HealthCheckResponse()
    grpc__health__v1__health_check_response__init(&response)
    response.status = Grpc__Health__V1__HealthCheckResponse__ServingStatus(rawValue: UInt32(status.rawValue))
    let byteCount = grpc__health__v1__health_check_response__get_packed_size(&response)
    answers.appendMessage(byteCount: byteCount) { message in
      grpc__health__v1__health_check_response__pack(
        &response, message.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }
}
