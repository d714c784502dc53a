internal import HTTP2

/// The heads and trailers of gRPC responses. Those of calls that go well are made once.
extension HeaderBlock {
  private static let contentType = (name: "content-type" as StaticString, value: "application/grpc")

  /// Before the first message.
  static let responseHead = HeaderBlock([(":status", "200"), contentType])
  private static let okTrailers = HeaderBlock([("grpc-status", "0")])
  private static let okOnly = HeaderBlock([(":status", "200"), contentType, ("grpc-status", "0")])

  /// After the last message.
  static func trailers(_ status: GRPCStatus, messageBytesMax: Int) -> HeaderBlock {
    status == .ok ? okTrailers : HeaderBlock(fields(of: status, messageBytesMax))
  }

  /// Head and trailers in one, where no message was sent.
  static func trailersOnly(_ status: GRPCStatus, messageBytesMax: Int) -> HeaderBlock {
    status == .ok
      ? okOnly : HeaderBlock([(":status", "200"), contentType] + fields(of: status, messageBytesMax))
  }

  /// To a client that does not speak gRPC: a plain HTTP status.
  static func refusal(_ refusal: CallRefusal, messageBytesMax: Int) -> HeaderBlock {
    switch refusal {
    case .methodNotAllowed: HeaderBlock([(":status", "405"), ("allow", "POST")])
    case .unsupportedMediaType: HeaderBlock([(":status", "415"), ("accept", "application/grpc")])
    case .status(let status): trailersOnly(status, messageBytesMax: messageBytesMax)
    case .outOfMemory: trailersOnly(.outOfMemory, messageBytesMax: messageBytesMax)
    }
  }

  private static func fields(
    of status: GRPCStatus, _ messageBytesMax: Int
  ) -> [(name: StaticString, value: String)] {
    var fields: [(name: StaticString, value: String)] = [("grpc-status", String(status.code.rawValue))]
    if !status.message.isEmpty {
      fields.append(("grpc-message", percentEncode(status.message.utf8.prefix(messageBytesMax))))
    }
    // A peer that compresses is told what it may use instead.
    if status.code == .unimplemented { fields.append(("grpc-accept-encoding", "identity")) }
    return fields
  }

  /// The `Percent-Encoded` of gRPC over HTTP/2: printable ASCII but `%` stays as it is.
  static func percentEncode(_ text: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text {
      if byte >= 0x20, byte <= 0x7e, byte != UInt8(ascii: "%") {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
