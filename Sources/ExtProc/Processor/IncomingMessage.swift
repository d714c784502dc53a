internal import GRPC
internal import Transformation

/// A `ProcessingRequest`, read where it lies.
///
/// `metadata_context` is passed over: nothing here reads it.
struct IncomingMessage {
  enum Content {
    /// `headers` is a serialized `HeaderMap`.
    case headers(Direction, UnsafeRawBufferPointer, endOfStream: Bool)
    case body(Direction, UnsafeRawBufferPointer, endOfStream: Bool)
    /// `trailers` is a serialized `HeaderMap`.
    case trailers(Direction, UnsafeRawBufferPointer)
  }

  /// Nil when the message has no kind, or one that is not known here.
  private(set) var content: Content?
  private(set) var attributes = MessageAttributes()
  /// `observability_mode`
  private(set) var isObserved = false
  private(set) var protocolConfiguration: ProtocolConfiguration?

  /// Throws `internal` when `bytes` is not a `ProcessingRequest`.
  init(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) {
    var fields = WireFields(bytes)
    while let field = fields.next() {
      switch (field.number, field.content) {
      case (2...7, let message?): try setContent(field.number, message)
      case (9, let entry?): try addAttributes(entry)
      case (10, nil): isObserved = field.varint != 0
      case (11, let message?): protocolConfiguration = try ProtocolConfiguration(message)
      case (2...7, nil), (9, nil), (10, _), (11, nil): throw Self.malformed
      default: break
      }
    }
    guard !fields.isMalformed else { throw Self.malformed }
  }

  static let malformed = GRPCStatus(.internal, "ProcessingRequest: cannot be decoded")

  // MARK: Phases

  /// The members of the oneof: the last one counts, as for each oneof. None comes twice from a peer that means well, and
  /// two halves of one are not put together.
  private mutating func setContent(_ number: UInt32, _ message: UnsafeRawBufferPointer) throws(GRPCStatus) {
    let direction: Direction = number & 1 == 0 ? .request : .response
    switch number {
    case 2, 3:
      let (headers, endOfStream) = try Self.phase(message, endOfStreamField: 3)
      content = .headers(direction, headers, endOfStream: endOfStream)
    case 4, 5:
      let (body, endOfStream) = try Self.phase(message, endOfStreamField: 2)
      content = .body(direction, body, endOfStream: endOfStream)
    default:
      content = .trailers(direction, try Self.phase(message, endOfStreamField: nil).0)
    }
  }

  /// HttpHeaders, HttpBody or HttpTrailers: what it is about is field 1 of each.
  private static func phase(
    _ message: UnsafeRawBufferPointer, endOfStreamField: UInt32?
  ) throws(GRPCStatus) -> (UnsafeRawBufferPointer, endOfStream: Bool) {
    var content = UnsafeRawBufferPointer(start: nil, count: 0)
    var endOfStream = false
    var fields = WireFields(message)
    while let field = fields.next() {
      if field.number == 1 {
        guard let found = field.content else { throw malformed }
        content = found
      } else if field.number == endOfStreamField {
        guard field.content == nil else { throw malformed }
        endOfStream = field.varint != 0
      }
    }
    guard !fields.isMalformed else { throw malformed }
    return (content, endOfStream)
  }

  // MARK: Attributes

  /// Envoy puts all of them under this name, whatever the filter is called in its configuration.
  private static let filterName = "envoy.filters.http.ext_proc" as StaticString

  /// An entry of the map.
  private mutating func addAttributes(_ entry: UnsafeRawBufferPointer) throws(GRPCStatus) {
    guard let entry = WireEntry(entry) else { throw Self.malformed }
    guard entry.key.equals(Self.filterName) else { return }
    guard let attributes = MessageAttributes(struct: entry.value) else { throw Self.malformed }
    self.attributes = attributes
  }
}

extension GRPCStatus {
  static let unknownKind = GRPCStatus(.invalidArgument, "a message of no known kind")
}

/// `ProtocolConfiguration`: how the filter sends bodies.
struct ProtocolConfiguration {
  /// `BodySendMode`s, as numbers.
  private(set) var requestBodyMode: UInt64 = 0
  private(set) var responseBodyMode: UInt64 = 0
  /// `send_body_without_waiting_for_header_response`
  private(set) var sendsBodyEarly = false

  fileprivate init(_ message: UnsafeRawBufferPointer) throws(GRPCStatus) {
    var fields = WireFields(message)
    while let field = fields.next() {
      guard (1...3).contains(field.number) else { continue }
      guard field.content == nil else { throw IncomingMessage.malformed }
      switch field.number {
      case 1: requestBodyMode = field.varint
      case 2: responseBodyMode = field.varint
      default: sendsBodyEarly = field.varint != 0
      }
    }
    guard !fields.isMalformed else { throw IncomingMessage.malformed }
  }
}
