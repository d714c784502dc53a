internal import CEnvoyModule
internal import Transformation

/// Sends an answer of ours to the client.
enum ClientAnswer {
  /// Nothing of the stream may be touched after it: Envoy may end it.
  static func send(_ reply: LocalReply, _ stream: EnvoyStream) {
    let status: UInt32 = (200...599).contains(reply.status) ? UInt32(reply.status) : 500
    // Names and values one behind the other, which stay where they are during the call.
    var bytes: [UInt8] = []
    var places: [(name: Range<Int>, value: Range<Int>)] = []
    func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
      let start = bytes.count
      bytes.append(contentsOf: name)
      let middle = bytes.count
      bytes.append(contentsOf: value)
      places.append((start..<middle, middle..<bytes.count))
    }
    for header in reply.headers { append(header.name.utf8, header.value) }
    // Without it Envoy would say OK to a gRPC client.
    if let grpcStatus = reply.grpcStatus { append("grpc-status".utf8, String(grpcStatus).utf8) }
    bytes.withUnsafeBytes { bytes in
      var headers = places.map { place in
        let name = EnvoyBuffer(UnsafeRawBufferPointer(rebasing: bytes[place.name]))
        let value = EnvoyBuffer(UnsafeRawBufferPointer(rebasing: bytes[place.value]))
        return EnvoyHeader(
          name: name.start, name_count: name.count, value: value.start, value_count: value.count)
      }
      headers.withUnsafeMutableBufferPointer { headers in
        reply.body.withUnsafeBytes { body in
          reply.details.withEnvoyBuffer { details in
            envoy_send_response(
              stream, status, headers.baseAddress, headers.count, EnvoyBuffer(body), details)
          }
        }
      }
    }
  }
}
