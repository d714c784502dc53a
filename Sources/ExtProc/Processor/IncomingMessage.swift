internal import CMessages
internal import CProtobufC
internal import GRPC
internal import Transformation

/// A `ProcessingRequest`, read where it lies: borrowed from the bytes and from the arena that it was read into.
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

  /// The deepest nesting of messages: Google's own limit, so that we refuse what Envoy's library would. protobuf-c
  /// unpacks by recursion and takes about 1.5 KB of stack a level.
  static let depthMax = 100
  /// protobuf-c may take this many bytes for each byte of the attributes, and `budgetBytes` for each message. A text of one
  /// letter, six bytes, becomes 200. Without a bound, fields that come again and again would be merged into ever longer
  /// copies.
  static let budgetBytesPerByte = 64
  static let budgetBytes = 64 << 10
  /// What small fields may take beyond the size of the message, whatever that is.
  static let growthBytesMax = 16 << 20

  /// What it refers to stays in `arena` until that is reset. Throws `internal` when `bytes` is not a `ProcessingRequest`.
  init(_ bytes: UnsafeRawBufferPointer, _ arena: MessageArena) throws(GRPCStatus) {
    var fields = WireFields(bytes)
    while let field = fields.next() {
      switch (field.number, field.content) {
      case (2...7, let message?): try setContent(field.number, message)
      case (9, let entry?):
        let growth = min(bytes.count &* Self.budgetBytesPerByte, Self.growthBytesMax)
        if attributes.isEmpty { arena.allowUnpacking(bytes.count &+ growth &+ Self.budgetBytes) }
        try addAttributes(entry, arena)
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

  /// An entry of the map: protobuf-c unpacks the `Struct` that is its value.
  private mutating func addAttributes(
    _ entry: UnsafeRawBufferPointer, _ arena: MessageArena
  ) throws(GRPCStatus) {
    var isFilters = false
    var value: UnsafeRawBufferPointer?
    var fields = WireFields(entry)
    while let field = fields.next() {
      switch (field.number, field.content) {
      case (1, let key?): isFilters = key.equals(Self.filterName)
      case (2, let content?): value = content
      case (1...2, nil): throw Self.malformed
      default: break
      }
    }
    guard !fields.isMalformed else { throw Self.malformed }
    guard isFilters, let value else { return }
    // The message and the entry are two levels.
    guard Self.isWithinDepth(value, Self.structDescriptor, depth: 3) else {
      throw GRPCStatus(.internal, "ProcessingRequest: malformed, or nested more than \(Self.depthMax) deep")
    }
    guard let unpacked = arena.unpack(value, as: Self.structDescriptor) else { throw Self.malformed }
    attributes = MessageAttributes(unpacked.assumingMemoryBound(to: StructMessage.self))
  }

  /// A constant of the C code. Taken from a message, since Swift may copy an imported constant. Never changes.
  private nonisolated(unsafe) static let structDescriptor: UnsafePointer<ProtobufCMessageDescriptor> = {
    var message = StructMessage()
    google__protobuf__struct__init(&message)
    return message.base.descriptor
  }()

  /// Walks the fields as protobuf-c would, without unpacking. False also when they are malformed, so that the two
  /// cannot disagree about what is nested. Recursion ends at `depthMax`.
  private static func isWithinDepth(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
  ) -> Bool {
    guard depth <= depthMax else { return false }
    var fields = WireFields(bytes)
    while let field = fields.next() {
      guard let content = field.content,
        let found = protobuf_c_message_descriptor_get_field(descriptor, field.number),
        found.pointee.type == PROTOBUF_C_TYPE_MESSAGE,
        let nested = found.pointee.descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      else { continue }
      guard isWithinDepth(content, nested, depth: depth &+ 1) else { return false }
    }
    return !fields.isMalformed
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
