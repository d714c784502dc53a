internal import JSON
internal import Transformation

/// Makes JSON of a serialized `google.protobuf.Struct`, so that everything behind it has one way to read a
/// configuration. The keys keep the order of the bytes, which Envoy does not keep.
struct StructDecoder {
  /// The tag of the first field of a map that is not empty.
  static let firstByte: UInt8 = 0x0A

  private var json: [UInt8] = []

  /// Nil when `bytes` are no such message, or are nested deeper than a configuration may be.
  static func json(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var decoder = StructDecoder()
    guard decoder.appendStruct(bytes, depth: 0) else { return nil }
    return decoder.json
  }

  /// `map<string, Value> fields = 1`
  private mutating func appendStruct(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Bool {
    guard depth < TransformationLimits.configurationDepthMax else { return false }
    json.append(UInt8(ascii: "{"))
    var reader = ProtobufReader(bytes)
    var isFirst = true
    while let field = reader.next() {
      guard field.number == 1, case .bytes(let entry) = field.value else { return false }
      if !isFirst { json.append(UInt8(ascii: ",")) }
      isFirst = false
      guard appendEntry(entry, depth: depth) else { return false }
    }
    json.append(UInt8(ascii: "}"))
    return reader.isAtEnd
  }

  /// `string key = 1; Value value = 2`
  private mutating func appendEntry(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Bool {
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var value = UnsafeRawBufferPointer(start: nil, count: 0)
    var reader = ProtobufReader(bytes)
    while let field = reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let text)): key = text
      case (2, .bytes(let message)): value = message
      default: return false
      }
    }
    guard reader.isAtEnd, appendText(key) else { return false }
    json.append(UInt8(ascii: ":"))
    return appendValue(value, depth: depth)
  }

  /// `oneof kind`: null 1, number 2, string 3, bool 4, struct 5, list 6. None is null.
  private mutating func appendValue(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Bool {
    var reader = ProtobufReader(bytes)
    var last: ProtobufReader.Field?
    while let field = reader.next() { last = field }
    guard reader.isAtEnd else { return false }
    switch (last?.number, last?.value) {
    case (nil, _), (1, .varint): json.append(contentsOf: "null".utf8)
    case (2, .fixed64(let bits)): return appendNumber(Double(bitPattern: bits))
    case (3, .bytes(let text)): return appendText(text)
    case (4, .varint(let flag)): json.append(contentsOf: (flag != 0 ? "true" : "false").utf8)
    case (5, .bytes(let message)): return appendStruct(message, depth: depth + 1)
    case (6, .bytes(let message)): return appendList(message, depth: depth + 1)
    default: return false
    }
    return true
  }

  /// `repeated Value values = 1`
  private mutating func appendList(_ bytes: UnsafeRawBufferPointer, depth: Int) -> Bool {
    guard depth < TransformationLimits.configurationDepthMax else { return false }
    json.append(UInt8(ascii: "["))
    var reader = ProtobufReader(bytes)
    var isFirst = true
    while let field = reader.next() {
      guard field.number == 1, case .bytes(let value) = field.value else { return false }
      if !isFirst { json.append(UInt8(ascii: ",")) }
      isFirst = false
      guard appendValue(value, depth: depth) else { return false }
    }
    json.append(UInt8(ascii: "]"))
    return reader.isAtEnd
  }

  private mutating func appendText(_ text: UnsafeRawBufferPointer) -> Bool {
    guard String(validating: text, as: UTF8.self) != nil else { return false }
    JSONWriter.appendString(Array(text), to: &json)
    return true
  }

  /// Whole numbers as they were written: a status is 422, not 422.0.
  private mutating func appendNumber(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    if let whole = Int64(exactly: number) {
      json.append(contentsOf: String(whole).utf8)
    } else {
      json.append(contentsOf: number.description.utf8)
    }
    return true
  }
}
