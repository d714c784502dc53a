/// Reads the fields of one serialized protobuf message, without a schema. Never reads behind its bytes.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    /// A text or a message; borrowed.
    case bytes(UnsafeRawBufferPointer)
  }

  struct Field {
    let number: UInt64
    let value: Value
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var isFaulty = false

  /// Borrows `bytes`.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// All was read, and none of it was wrong.
  var isAtEnd: Bool { !isFaulty && position == bytes.count }

  /// Nil at the end, and for what no message begins with.
  mutating func next() -> Field? {
    guard !isFaulty, position < bytes.count else { return nil }
    guard let tag = varint(), tag >> 3 != 0, let value = value(ofType: tag & 7) else {
      isFaulty = true
      return nil
    }
    return Field(number: tag >> 3, value: value)
  }

  private mutating func value(ofType type: UInt64) -> Value? {
    switch type {
    case 0: return varint().map { .varint($0) }
    case 1: return fixed64().map { .fixed64($0) }
    case 2:
      guard let count = varint(), count <= UInt64(bytes.count - position) else { return nil }
      let start = position
      position += Int(count)
      return .bytes(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    default: return nil
    }
  }

  private mutating func varint() -> UInt64? {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
      shift += 7
    }
    return nil
  }

  private mutating func fixed64() -> UInt64? {
    guard bytes.count - position >= 8 else { return nil }
    let value = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    position += 8
    return UInt64(littleEndian: value)
  }
}
