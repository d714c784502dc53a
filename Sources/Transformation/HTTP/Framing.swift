/// Which messages have a body, and what a new one does to the length that their headers tell.
package enum Framing {
  /// RFC 9110 sections 6.4.1 and 15.3.6: responses of these statuses never have one.
  static func allowsBody(status: some Collection<UInt8>) -> Bool {
    !(status.first == UInt8(ascii: "1") || status.elementsEqual("204".utf8)
      || status.elementsEqual("205".utf8) || status.elementsEqual("304".utf8))
  }

  /// RFC 9112 section 6.3: the length of a response to these methods is none of its headers' business. Envoy frames the
  /// response by the method that the client sent.
  static func hasOtherFraming(_ method: some Collection<UInt8>) -> Bool {
    method.elementsEqual("HEAD".utf8) || method.elementsEqual("CONNECT".utf8)
  }

  /// What becomes of the length once the message's end is known. One that was told must be told anew. Where trailers
  /// follow, a new one would cut them off: HTTP/1 has trailers behind chunked bodies only.
  package static func lengthOfNewBody(declared: Int?, hasTrailers: Bool) -> BodyLength {
    !hasTrailers || declared != nil ? .state : .keep
  }

  /// A gRPC call tells in its trailers that it failed, whatever its status in HTTP says.
  static func callHasFailed(grpcStatus: (some Collection<UInt8>)?) -> Bool {
    grpcStatus.map { !$0.elementsEqual("0".utf8) } ?? false
  }

  /// 2xx: what the sender of a request wanted. Errors and redirects say more than an answer of ours would.
  package static func isSuccess(status: some Collection<UInt8>) -> Bool { status.first == UInt8(ascii: "2") }
}

/// What a new body does to `content-length`.
package enum BodyLength: Sendable {
  /// It is set.
  case state
  /// There is none, and none is set: the body goes out chunked.
  case keep
  /// It goes: the message had no body that it could be the length of.
  case drop
}

/// What a request asks for in place of an exchange of messages (RFC 9110, sections 7.8 and 9.3.6).
enum Tunnel {
  case none
  /// Envoy lets only such a header through as it is to make (`upgrade_configs`), and takes `h2c` off.
  case upgrade
  case connect

  init(method: UnsafeRawBufferPointer?, upgrades: () -> Bool) {
    if method?.elementsEqual("CONNECT".utf8) ?? false {
      self = .connect
    } else {
      self = upgrades() ? .upgrade : .none
    }
  }

  /// Whether the upstream agreed to it; else its answer has a body like any other.
  func isOpen(_ status: UnsafeRawBufferPointer?) -> Bool {
    switch self {
    case .none: false
    case .upgrade: status?.elementsEqual("101".utf8) ?? false
    case .connect: status.map { Framing.isSuccess(status: $0) } ?? false
    }
  }
}
