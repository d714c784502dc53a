/// A `google.protobuf.Value`, as Envoy serializes the fields of a Struct.
enum ProtobufValue {
  case null
  case number(Double)
  case string(String)
  case bool(Bool)
  case object([(String, ProtobufValue)])
  case list([ProtobufValue])

  static func nested(depth: Int) -> ProtobufValue {
    (0..<depth).reduce(.object([])) { inner, _ in .object([("a", inner)]) }
  }

  /// Of an object: the Struct itself, without the Value around it.
  var serialized: [UInt8] {
    guard case .object(let fields) = self else { return value }
    return fields.flatMap { key, value in
      Self.field(1, Self.field(1, Array(key.utf8)) + Self.field(2, value.value))
    }
  }

  private var value: [UInt8] {
    switch self {
    case .null: [0x08, 0]
    case .number(let number): [0x11] + withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
    case .string(let text): Self.field(3, Array(text.utf8))
    case .bool(let flag): [0x20, flag ? 1 : 0]
    case .object: Self.field(5, serialized)
    case .list(let values): Self.field(6, values.flatMap { Self.field(1, $0.value) })
    }
  }

  /// A field of bytes with its length before them.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = bytes.count
    while rest >= 0x80 {
      length.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return [number << 3 | 2] + length + [UInt8(rest)] + bytes
  }
}
