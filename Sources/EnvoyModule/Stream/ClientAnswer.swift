internal import CEnvoyModule
internal import Transformation

/// Sends an answer of ours to the client.
enum ClientAnswer {
  /// Nothing of the stream may be touched after it: Envoy may end it.
  static func send(_ reply: LocalReply, _ stream: EnvoyStream) {
    let status: UInt32 = (200...599).contains(reply.status) ? UInt32(reply.status) : 500
    withUnsafeTemporaryAllocation(of: EnvoyHeader.self, capacity: 2) { headers in
      headers.initialize(repeating: header("content-type", "application/json"))
      var count = 1
      if isGRPC(stream) {
        // Without it Envoy would say OK to a gRPC client.
        headers[1] = header("grpc-status", grpcStatus(ofHTTP: status))
        count = 2
      }
      reply.body.withUnsafeBytes { body in
        reply.details.withEnvoyBuffer { details in
          envoy_send_response(stream, status, headers.baseAddress, count, EnvoyBuffer(body), details)
        }
      }
    }
  }

  private static func header(_ name: StaticString, _ value: StaticString) -> EnvoyHeader {
    EnvoyHeader(
      name: name.utf8Start, name_count: name.utf8CodeUnitCount, value: value.utf8Start,
      value_count: value.utf8CodeUnitCount)
  }

  private static func isGRPC(_ stream: EnvoyStream) -> Bool {
    var value = EnvoyBuffer(start: nil, count: 0)
    var count = 0
    let name = EnvoyBuffer("content-type" as StaticString)
    guard envoy_get_header(stream, ENVOY_REQUEST_HEADERS, name, 0, &value, &count) else { return false }
    let grpc = "application/grpc".utf8
    guard value.bytes.starts(with: grpc) else { return false }
    let rest = value.bytes.dropFirst(grpc.count)
    return rest.isEmpty || rest.first == UInt8(ascii: "+")
  }

  /// What Envoy makes of the status of an ext_proc server's answer (gRPC's http-grpc-status-mapping.md).
  private static func grpcStatus(ofHTTP status: UInt32) -> StaticString {
    switch status {
    case 400: "13"
    case 401: "16"
    case 403: "7"
    case 404: "12"
    case 429, 502, 503, 504: "14"
    default: "2"
    }
  }
}
