import Transformation

/// A request with much of everything: headers that repeat, cookies, query parameters, and a body of each kind of value.
final class Message: ExchangeSource {
  private let headers: [(name: [UInt8], value: [UInt8])]
  /// Lent as the headers of a message are.
  private let lent: [(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)]
  let body: [UInt8]

  init() {
    var headers: [(String, String)] = [
      (":method", "POST"),
      (":path", "/" + "segment/" * 500 + "?" + (0..<1000).map { "q\($0)=v%20\($0)" }.joined(separator: "&")),
      (":authority", "example.com"), ("content-type", "application/json"), ("x-long", "v" * 20_000),
      ("cookie", (0..<1000).map { "c\($0)=v\($0)" }.joined(separator: "; ")),
    ]
    for number in 0..<1000 { headers.append(("x-\(number)", "value \(number)")) }
    for number in 0..<1000 { headers.append(("x-many", "value \(number)")) }
    self.headers = headers.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    lent = self.headers.map { (Message.copy($0.name), Message.copy($0.value)) }
    body = Array(Message.json.utf8)
  }

  private static func copy(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    copy.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
  }

  private static var json: String {
    let numbers = (0..<1000).map { "\($0)" }.joined(separator: ",")
    let floats = (0..<1000).map { "\($0).\($0)123456789012345678901e-3" }.joined(separator: ",")
    let maps = (0..<100).map { "{\"k0\":\($0),\"k1\":\"v\($0)\",\"k2\":[1,2]}" }.joined(separator: ",")
    let strings = (0..<1000).map { "\"text \($0)\"" }.joined(separator: ",")
    let escapes = (0..<1000).map { "\"\\n\\u00e9\\\"\($0)\"" }.joined(separator: ",")
    let wide = (0..<1000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    return """
      {"model":"m","message":{"content":{"text":"t"}},"numbers":[\(numbers)],"floats":[\(floats)],"maps":[\(maps)],
      "strings":[\(strings)],"escapes":[\(escapes)],"wide":{\(wide)},"nested":[\("[1,[2]]," * 999)1],
      "bignumber":\("9" * 10_000),"bigfloat":0.\("3" * 10_000),"long":"\("abcd" * 5000)","escaped":"\("\\n\\u00e9" * 5000)",
      "deep":\("[" * 100)1\("]" * 100)}
      """
  }

  func header(_ name: UnsafeRawBufferPointer, at index: Int, count: inout Int) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    count = 0
    for header in lent where header.name.count == name.count && header.name.elementsEqual(name) {
      if count == index { found = header.value }
      count &+= 1
    }
    return found
  }

  func forEachHeader(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    for header in lent { body(header.name, header.value) }
  }

  var requestID: [UInt8]? { nil }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? {
    switch attribute {
    case .id: .int(7)
    case .mtls: .bool(true)
    default: .string(Array("C=DE, O=Example, CN=client".utf8))
    }
  }
}

private func * (text: String, times: Int) -> String { String(repeating: text, count: times) }
