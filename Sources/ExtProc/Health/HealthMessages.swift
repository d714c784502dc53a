/// The two messages of `grpc.health.v1`, by hand: each has one field.
enum HealthMessages {
  /// `HealthCheckRequest.service` (field 1, string), borrowed from `message`; empty where it is absent. Nil when
  /// the message cannot be decoded. Unknown fields are passed over, and of a repeated one the last counts.
  static func service(ofRequest message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var fields = FieldReader(rest: message)
    var service = UnsafeRawBufferPointer(start: nil, count: 0)
    while !fields.rest.isEmpty {
      guard let (tag, value) = fields.next() else { return nil }
      if tag == Self.serviceTag { service = value }
    }
    return service
  }

  /// Appends a `HealthCheckResponse` (field 1, enum).
  static func appendResponse(_ status: HealthStatus, to answers: inout OutgoingMessages) {
    answers.appendMessage(byteCount: 2) { message in
      message.storeBytes(of: Self.statusTag, as: UInt8.self)
      message.storeBytes(of: status.rawValue, toByteOffset: 1, as: UInt8.self)
    }
  }

  /// Field 1 with wire type 2.
  private static let serviceTag: UInt64 = 0x0a
  /// Field 1 with wire type 0.
  private static let statusTag: UInt8 = 0x08
}

/// Steps through the fields of a protobuf message (https://protobuf.dev/programming-guides/encoding).
private struct FieldReader {
  private(set) var rest: UnsafeRawBufferPointer

  init(rest: UnsafeRawBufferPointer) { self.rest = rest }

  /// The next field's tag, and its bytes where it has a length. Nil when the message is malformed.
  mutating func next() -> (tag: UInt64, value: UnsafeRawBufferPointer)? {
    guard let tag = varint(), tag >> 3 != 0 else { return nil }
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    switch tag & 7 {
    case 0: return varint() == nil ? nil : (tag, empty)
    case 1: return take(8) == nil ? nil : (tag, empty)
    case 2:
      guard let length = varint(), let count = Int(exactly: length), let value = take(count) else {
        return nil
      }
      return (tag, value)
    case 5: return take(4) == nil ? nil : (tag, empty)
    default: return nil
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for (index, byte) in rest.prefix(10).enumerated() {
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte & 0x80 == 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(index + 1))
        return value
      }
    }
    return nil
  }

  private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count <= rest.count else { return nil }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
  }
}
