internal import HTTP2

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What is kept of the head of a gRPC request (https://github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md, "Requests").
///
/// All other fields are passed over without a copy. `te` is not asked for: no proxy stands between Envoy and us.
///
/// nghttp2 checks none of it (`HTTP2Session.options`). What is checked here of RFC 9113 section 8.3.1: pseudo-headers are
/// those of a request, each once, before the other fields; without it two readers could differ on what is called. Not
/// checked: `:authority` and `:scheme`, which say nothing here; names and values that nobody reads; `content-length`, since
/// gRPC's messages have lengths of their own.
struct RequestHead {
  private var method: GRPCMethod?
  /// `method`'s, here so that most fields are passed over without a look at it.
  private var fieldLengths: UInt64 = 0
  /// The start of a path that names no method of ours, for the error.
  private var unknownPath: String?
  private var isPost = false
  private var isGRPC = false
  /// `grpc-encoding` names a compression: messages may be compressed.
  private(set) var declaresCompression = false
  /// What the method reads of it.
  private(set) var fields = RequestFields()

  /// The method has them.
  mutating func forgetFields() { fields = RequestFields() }

  private var pseudoHeaders: PseudoHeaders = []
  private var hasOtherFields = false
  /// What is wrong with the pseudo-headers.
  private var malformation: StaticString?
  /// RFC 9113 section 6.5.2: the bytes of all names and values, and 32 for each field.
  private var listBytes = 0

  private static let fieldOverheadBytes = 32
  private static let unknownPathBytesMax = 200

  mutating func receive(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, on connection: ConnectionState
  ) {
    listBytes &+= name.count &+ value.count &+ Self.fieldOverheadBytes
    guard listBytes <= connection.limits.http2.headerListBytesMax else { return }
    guard name.first != UInt8(ascii: ":") else { return receivePseudoHeader(name, value, connection) }
    hasOtherFields = true
    switch name.count {
    case 12 where name.equals("content-type"): isGRPC = Self.isGRPC(contentType: value)
    case 13 where name.equals("grpc-encoding"): declaresCompression = !value.equals("identity")
    default: if fieldLengths & GRPCMethod.bit(ofLength: name.count) != 0 { keep(name, value) }
    }
  }

  /// Keeps what the method reads. The path comes before, or the request is malformed.
  private mutating func keep(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard let method else { return }
    for field in method.fields where name.equals(field) { fields.set(field, value) }
  }

  private struct PseudoHeaders: OptionSet {
    let rawValue: UInt8
    static let path = PseudoHeaders(rawValue: 1)
    static let method = PseudoHeaders(rawValue: 2)
    static let scheme = PseudoHeaders(rawValue: 4)
    static let authority = PseudoHeaders(rawValue: 8)
  }

  private mutating func receivePseudoHeader(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ connection: ConnectionState
  ) {
    let kind: PseudoHeaders
    switch name.count {
    case 5 where name.equals(":path"):
      kind = .path
      method = connection.methods.method(at: value)
      fieldLengths = method?.fieldLengths ?? 0
      if method == nil {
        unknownPath = String(decoding: value.prefix(Self.unknownPathBytesMax), as: UTF8.self)
      }
    case 7 where name.equals(":method"):
      kind = .method
      isPost = value.equals("POST")
    case 7 where name.equals(":scheme"): kind = .scheme
    case 10 where name.equals(":authority"): kind = .authority
    default:
      malformation = "a pseudo-header that no request has"
      return
    }
    if pseudoHeaders.contains(kind) { malformation = "a pseudo-header came twice" }
    if hasOtherFields { malformation = "a pseudo-header came after other fields" }
    pseudoHeaders.insert(kind)
  }

  /// The method to call, once all fields are here.
  ///
  /// Mutating, so that it is looked at where it is: a copy costs more than the check.
  mutating func check(headerListBytesMax: Int) throws(CallRefusal) -> GRPCMethod {
    guard listBytes <= headerListBytesMax else {
      throw .status(
        GRPCStatus(.resourceExhausted, "the request's headers are larger than \(headerListBytesMax) bytes"))
    }
    if let malformation { throw .status(GRPCStatus(.internal, "malformed request: \(malformation)")) }
    guard isPost else { throw .methodNotAllowed }
    guard isGRPC else { throw .unsupportedMediaType }
    guard let method else {
      throw .status(GRPCStatus(.unimplemented, "no such method: \(unknownPath ?? "")"))
    }
    return method
  }

  /// `application/grpc`, alone or with `+proto` or parameters. Messages in another format (`+json`) are not ours.
  private static func isGRPC(contentType: UnsafeRawBufferPointer) -> Bool {
    let semicolon = UInt8(ascii: ";")
    let mediaType = UnsafeRawBufferPointer(rebasing: contentType.prefix { $0 != semicolon })
    return mediaType.equals("application/grpc") || mediaType.equals("application/grpc+proto")
      || mediaType.equals("application/grpc ") || mediaType.equals("application/grpc+proto ")
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are those of an ASCII text.
  package func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let start = baseAddress else { return false }
    return memcmp(start, text.utf8Start, count) == 0
  }
}
