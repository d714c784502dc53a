// The wire format of protobuf (https://protobuf.dev/programming-guides/encoding), for the messages that come and go with
// each exchange: they are read where they lie and written where they are sent from. protobuf-c, which builds a structure for
// each message and copies each text, took three times as long for them.

/// The fields of a serialized message, one behind the other.
struct WireFields {
  struct Field {
    let number: UInt32
    /// Of a length-delimited field.
    let content: UnsafeRawBufferPointer?
    /// Of a varint; else 0.
    let varint: UInt64
    /// Of a field of eight bytes; else 0.
    var fixed64: UInt64 = 0
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
  @inline(__always)
  mutating func next() -> Field? {
    guard remaining > 0, !isMalformed else { return nil }
    guard let tag = varint(byteCountMax: 5), let tag = UInt32(exactly: tag), tag >> 3 != 0 else {
      return malformed()
    }
    let number = tag >> 3
    if tag & 7 == 2 {
      guard let count = varint(byteCountMax: 5), let content = skip(count) else { return malformed() }
      return Field(number: number, content: content, varint: 0)
    }
    return scalar(number, wireType: tag & 7)
  }

  private mutating func scalar(_ number: UInt32, wireType: UInt32) -> Field? {
    switch wireType {
    case 0:
      guard let value = varint(byteCountMax: 10) else { return malformed() }
      return Field(number: number, content: nil, varint: value)
    case 1:
      guard let bytes = skip(8) else { return malformed() }
      let value = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      return Field(number: number, content: nil, varint: 0, fixed64: value)
    case 5: return skip(4) == nil ? malformed() : Field(number: number, content: nil, varint: 0)
    default: return malformed()
    }
  }

  private mutating func malformed() -> Field? {
    isMalformed = true
    return nil
  }

  @inline(__always)
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

/// An entry of a map: a message of its own (https://protobuf.dev/programming-guides/proto3/#backwards).
struct WireEntry {
  /// Both empty when they were not sent.
  private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var value = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Nil when it is none whose key and value are length-delimited.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var fields = WireFields(bytes)
    while let field = fields.next() {
      switch (field.number, field.content) {
      case (1, let content?): key = content
      case (2, let content?): value = content
      case (1...2, nil): return nil
      default: break
      }
    }
    if fields.isMalformed { return nil }
  }
}

/// How many bytes parts of a message take.
enum WireSize {
  static func varint(_ value: Int) -> Int {
    value < 0x80 ? 1 : (UInt.bitWidth &- value.leadingZeroBitCount &+ 6) / 7
  }

  /// A length-delimited field whose number is at most 15.
  static func field(_ byteCount: Int) -> Int { 1 &+ varint(byteCount) &+ byteCount }
}

/// Writes the fields of a message whose size was worked out before. Numbers of fields are at most 15.
///
/// What does not fit is left out: that would be a fault of the size, and must not become one of memory.
struct WireWriter {
  private var place: UnsafeMutableRawPointer?
  private(set) var remaining: Int

  init(_ room: UnsafeMutableRawBufferPointer) {
    place = room.baseAddress
    remaining = room.count
  }

  /// The tag and the length of a message; its fields follow.
  mutating func message(_ number: UInt8, byteCount: Int) {
    byte(number << 3 | 2)
    varint(byteCount)
  }

  mutating func bytes(_ number: UInt8, _ content: UnsafeRawBufferPointer) {
    message(number, byteCount: content.count)
    append(content)
  }

  mutating func bytes(_ number: UInt8, _ content: [UInt8]) {
    content.withUnsafeBytes { bytes(number, $0) }
  }

  /// A number, a boolean or a member of an enumeration.
  mutating func value(_ number: UInt8, _ value: Int) {
    byte(number << 3)
    varint(value)
  }

  mutating func append(_ content: UnsafeRawBufferPointer) {
    guard content.count <= remaining, let source = content.baseAddress, let place else { return }
    place.copyMemory(from: source, byteCount: content.count)
    advance(content.count)
  }

  /// Room for `byteCount` bytes that somebody else writes; nil when that is more than there is.
  mutating func room(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount <= remaining, let place else { return nil }
    defer { advance(byteCount) }
    return place
  }

  private mutating func varint(_ value: Int) {
    var rest = UInt(bitPattern: value)
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func byte(_ byte: UInt8) {
    guard remaining > 0, let place else { return }
    place.storeBytes(of: byte, as: UInt8.self)
    advance(1)
  }

  private mutating func advance(_ count: Int) {
    place = place.map { $0 + count }
    remaining &-= count
  }
}
