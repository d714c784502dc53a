internal import CExtProc
internal import Transformation

/// What an exchange can look up in one direction: the headers of a decoded message, and the connection.
final class HeaderSource: ExchangeSource {
  private var headers: UnsafeBufferPointer<UnsafeMutablePointer<HeaderValueMessage>?> = .init(
    start: nil, count: 0)
  /// Where `headers` lies, while it must outlive its message.
  private var arena: MessageArena?
  var connection = ConnectionAttributes()

  /// Looks into `message` from now on, which must stay until `close()`.
  func open(_ message: UnsafePointer<HttpHeadersMessage>) {
    guard let map = message.pointee.headers else { return }
    headers = UnsafeBufferPointer(start: map.pointee.headers, count: map.pointee.n_headers)
  }

  /// Keeps the memory that the message lies in.
  func hold(_ arena: MessageArena) { self.arena = arena }

  /// Lets go of the headers: nothing is found any more. Returns the memory that was held, emptied.
  func close() -> MessageArena? {
    headers = .init(start: nil, count: 0)
    guard let held = arena else { return nil }
    arena = nil
    held.reset()
    return held
  }

  func header(
    _ name: UnsafeRawBufferPointer, at index: Int, count: inout Int
  ) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    count = 0
    for case let header? in headers where HeaderSource.isText(header.pointee.key, name) {
      if count == index { found = HeaderSource.value(of: header) }
      count &+= 1
    }
    return found
  }

  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    for case let header? in headers {
      guard let key = header.pointee.key else { continue }
      body(UnsafeRawBufferPointer(cString: key), HeaderSource.value(of: header))
    }
  }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? { connection[attribute] }

  /// What `content-length` tells; nil when it is absent or no number.
  var contentLength: Int? {
    firstValue("content-length").flatMap { Int(String(decoding: $0, as: UTF8.self)) }
  }

  /// `:status` is 400 or higher.
  var statusIsError: Bool {
    guard let status = firstValue(":status"), status.count == 3, let first = status.first else {
      return false
    }
    return first == UInt8(ascii: "4") || first == UInt8(ascii: "5")
  }

  /// Envoy fills `raw_value`; other proxies fill `value` for pseudo-headers.
  private static func value(of header: UnsafePointer<HeaderValueMessage>) -> UnsafeRawBufferPointer {
    let raw = header.pointee.raw_value.buffer
    if !raw.isEmpty { return raw }
    guard let value = header.pointee.value else { return raw }
    return UnsafeRawBufferPointer(cString: value)
  }

  /// Reads no byte of `text` behind its NUL, whatever `name` holds.
  private static func isText(_ text: UnsafePointer<CChar>?, _ name: UnsafeRawBufferPointer) -> Bool {
    guard var end = text else { return false }
    for byte in name {
      guard byte != 0, UInt8(bitPattern: end.pointee) == byte else { return false }
      end += 1
    }
    return end.pointee == 0
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a C string, without its NUL.
  init(cString: UnsafePointer<CChar>) {
    var end = cString
    while end.pointee != 0 { end += 1 }
    self.init(start: cString, count: end - cString)
  }
}
