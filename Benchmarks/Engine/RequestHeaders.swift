import Transformation

/// The headers of a decoded request, as the sidecar's source has them: looked through from the first to the last.
final class RequestHeaders: ExchangeSource {
  private let headers: [(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)]

  /// Literals stay where they are for as long as the program runs, as a message does for a phase.
  init(_ headers: KeyValuePairs<StaticString, StaticString>) {
    self.headers = headers.map { (RequestHeaders.bytes($0), RequestHeaders.bytes($1)) }
  }

  func header(_ name: UnsafeRawBufferPointer, at index: Int, count: inout Int) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    count = 0
    for header in headers where RequestHeaders.areEqual(header.name, name) {
      if count == index { found = header.value }
      count &+= 1
    }
    return found
  }

  func forEachHeader(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    for header in headers { body(header.name, header.value) }
  }

  var requestID: [UInt8]? { nil }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? { nil }

  private static func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    for position in 0..<left.count where left[position] != right[position] { return false }
    return true
  }

  /// What a client's chat request has when Envoy hands it over: eleven headers.
  static func chat() -> RequestHeaders {
    RequestHeaders([
      ":method": "POST",
      ":path": "/v1/chat/completions",
      ":scheme": "https",
      ":authority": "api.shop.example",
      "accept": "application/json",
      "content-type": "application/json",
      "user-agent": "assistant/3.1",
      "authorization": "Bearer 4f1e6a0c",
      "x-forwarded-proto": "https",
      "x-request-id": "0b7e3c52-9d43-4c1e-8f3a-5d9b1c7e2a64",
      "x-donor": "north-3",
    ])
  }
}
