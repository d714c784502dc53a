internal import CExtProc
internal import Transformation

/// What an exchange can look up in one direction: the headers of a decoded message, and the connection.
final class HeaderSource: ExchangeSource {
  /// Where name and value lie in the message.
  private struct Header: BitwiseCopyable {
    var name: UnsafeRawBufferPointer
    var value: UnsafeRawBufferPointer
  }

  private var headers = UnsafeBufferPointer<Header>(start: nil, count: 0)
  /// Where `headers` and the message lie, while they must outlive the call.
  private var arena: MessageArena?
  var connection = ConnectionAttributes()

  /// Looks into `message` from now on, which must stay until `close()`, as must what is allocated in `arena`. Throws
  /// `internal` when its headers are no `HeaderMap`.
  func open(_ message: UnsafePointer<HttpHeadersMessage>, in arena: MessageArena) throws(GRPCStatus) {
    let map = message.pointee.headers.buffer
    var count = 0
    var fields = WireFields(map)
    while let field = fields.next() { count &+= field.number == Self.headersField ? 1 : 0 }
    guard !fields.isMalformed else { throw Self.undecodable }
    let found = arena.allocate(count, of: Header.self)
    var index = 0
    fields = WireFields(map)
    while let field = fields.next() {
      guard field.number == Self.headersField else { continue }
      guard let content = field.content, let header = Self.header(content) else { throw Self.undecodable }
      (found + index).initialize(to: header)
      index &+= 1
    }
    headers = UnsafeBufferPointer(start: found, count: count)
  }

  /// HeaderMap.headers
  private static let headersField: UInt32 = 1
  private static var undecodable: GRPCStatus {
    GRPCStatus(.internal, "ProcessingRequest: its headers cannot be decoded")
  }

  /// A HeaderValue. Envoy fills `raw_value`; other proxies fill `value` for pseudo-headers.
  private static func header(_ message: UnsafeRawBufferPointer) -> Header? {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var name = nothing
    var value = nothing
    var rawValue = nothing
    var fields = WireFields(message)
    while let field = fields.next() {
      switch (field.number, field.content) {
      case (1, let content?): name = content
      case (2, let content?): value = content
      case (3, let content?): rawValue = content
      case (1...3, nil): return nil
      default: break
      }
    }
    return fields.isMalformed ? nil : Header(name: name, value: rawValue.isEmpty ? value : rawValue)
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
    for header in headers where header.name.count == name.count && header.name.equals(name) {
      if count == index { found = header.value }
      count &+= 1
    }
    return found
  }

  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    for header in headers { body(header.name, header.value) }
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
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes, of which there are as many, are the same.
  fileprivate func equals(_ other: UnsafeRawBufferPointer) -> Bool {
    for index in indices where self[index] != other[index] { return false }
    return true
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
