internal import CExtProc
internal import CProtobufC

/// Unpacks what the peer sent, within limits.
enum MessageDecoder {
  /// The deepest nesting of messages: Google's own limit, so that we refuse what Envoy's library would. protobuf-c
  /// unpacks by recursion and takes about 1.5 KB of stack a level.
  static let depthMax = 100
  /// protobuf-c may take this many bytes for each byte of a message, and `budgetBytes` for each message. A header of
  /// one-letter name and value, eight bytes, becomes 180. Without a bound, fields that come again and again would
  /// be merged into ever longer copies.
  static let budgetBytesPerByte = 64
  static let budgetBytes = 64 << 10
  /// What small fields may take beyond the size of the message, whatever that is: bodies do not grow when they are
  /// unpacked, and no message has more headers than this holds.
  static let growthBytesMax = 16 << 20

  /// The message lies in `arena` until that is reset. Throws `internal` when `bytes` is not a `ProcessingRequest`.
  static func unpack(
    _ bytes: UnsafeRawBufferPointer, into arena: MessageArena
  ) throws(GRPCStatus) -> UnsafePointer<ProcessingRequestMessage> {
    guard isWithinDepth(bytes, processingRequestDescriptor, depth: 1) else {
      throw GRPCStatus(.internal, "ProcessingRequest: malformed, or nested more than \(depthMax) deep")
    }
    let growth = min(bytes.count &* budgetBytesPerByte, growthBytesMax)
    let budget = bytes.count &+ growth &+ budgetBytes
    guard let message = arena.unpack(bytes, as: processingRequestDescriptor, budget: budget) else {
      throw GRPCStatus(.internal, "ProcessingRequest: cannot be decoded")
    }
    return UnsafePointer(message.assumingMemoryBound(to: ProcessingRequestMessage.self))
  }

  /// A constant of the C code. Taken from a message, since Swift may copy an imported constant. Never changes.
  private nonisolated(unsafe) static let processingRequestDescriptor:
    UnsafePointer<ProtobufCMessageDescriptor> = {
      var message = ProcessingRequestMessage()
      envoy__service__ext_proc__v3__processing_request__init(&message)
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
      guard let content = field.content, let nested = nestingDescriptor(of: field.number, in: descriptor)
      else {
        continue
      }
      guard isWithinDepth(content, nested, depth: depth &+ 1) else { return false }
    }
    return !fields.isMalformed
  }

  /// The type of a field that holds a message. The phases of a `ProcessingRequest`, which are the members of its
  /// oneof, are left out: headers and bodies cannot nest, and looking at each header would cost.
  private static func nestingDescriptor(
    of field: UInt32, in descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafePointer<ProtobufCMessageDescriptor>? {
    guard let found = protobuf_c_message_descriptor_get_field(descriptor, field),
      found.pointee.type == PROTOBUF_C_TYPE_MESSAGE
    else { return nil }
    let isPhase =
      descriptor == processingRequestDescriptor
      && found.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
    return isPhase ? nil : found.pointee.descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }
}

/// The fields of a serialized message, one behind the other (https://protobuf.dev/programming-guides/encoding).
struct WireFields {
  struct Field {
    let number: UInt32
    /// Of a length-delimited field.
    let content: UnsafeRawBufferPointer?
  }

  private var start: UnsafeRawPointer?
  /// Bytes from `start` on.
  private var remaining: Int
  private(set) var isMalformed = false

  init(_ bytes: UnsafeRawBufferPointer) {
    start = bytes.baseAddress
    remaining = bytes.count
  }

  /// Nil at the end and at the first malformed field.
  mutating func next() -> Field? {
    guard remaining > 0, !isMalformed else { return nil }
    guard let tag = varint(byteCountMax: 5), let tag = UInt32(exactly: tag), tag >> 3 != 0 else {
      return malformed()
    }
    let number = tag >> 3
    switch tag & 7 {
    case 0: return varint(byteCountMax: 10) == nil ? malformed() : Field(number: number, content: nil)
    case 1: return skip(8) == nil ? malformed() : Field(number: number, content: nil)
    case 2:
      guard let count = varint(byteCountMax: 5), let content = skip(count) else { return malformed() }
      return Field(number: number, content: content)
    case 5: return skip(4) == nil ? malformed() : Field(number: number, content: nil)
    default: return malformed()
    }
  }

  private mutating func malformed() -> Field? {
    isMalformed = true
    return nil
  }

  private mutating func varint(byteCountMax: Int) -> UInt64? {
    guard remaining > 0, let start else { return nil }
    // Nearly all tags and lengths are one byte.
    let first = start.load(as: UInt8.self)
    guard first & 0x80 != 0 else {
      advance(1)
      return UInt64(first)
    }
    return longVarint(from: start, byteCountMax: byteCountMax)
  }

  private mutating func longVarint(from start: UnsafeRawPointer, byteCountMax: Int) -> UInt64? {
    var value: UInt64 = 0
    for position in 0..<min(byteCountMax, remaining) {
      let byte = start.load(fromByteOffset: position, as: UInt8.self)
      value |= UInt64(byte & 0x7F) << UInt64(7 &* position)
      if byte & 0x80 == 0 {
        advance(position &+ 1)
        return value
      }
    }
    return nil
  }

  private mutating func skip(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard let count = Int(exactly: count), count <= remaining else { return nil }
    let skipped = UnsafeRawBufferPointer(start: start, count: count)
    advance(count)
    return skipped
  }

  private mutating func advance(_ count: Int) {
    start = start.map { $0 + count }
    remaining &-= count
  }
}
