internal import GRPC
internal import JSON
internal import Transformation

/// What an exchange can look up in one direction: the headers of a message, where they lie in it, and the connection.
final class HeaderSource: ExchangeSource {
  /// Where name and value lie in `map`.
  private struct Header: BitwiseCopyable {
    var name: Place
    var value: Place
  }

  private struct Place: BitwiseCopyable {
    var offset: UInt32
    var count: UInt32
  }

  /// A serialized `HeaderMap`.
  private var map = UnsafeRawBufferPointer(start: nil, count: 0)
  private var headers = UnsafeBufferPointer<Header>(start: nil, count: 0)
  /// Where `headers` and `map` lie, while they must outlive the call.
  private var arena: MessageArena?
  var connection = ConnectionAttributes()
  /// The request's, for the response's phases: its own headers are gone by then.
  var keptRequestID: [UInt8]?
  private let direction: Direction

  init(_ direction: Direction = .request) { self.direction = direction }

  /// Looks into `map`, a serialized `HeaderMap`, from now on. It must stay until `hold()` or `close()`, what is allocated in
  /// `arena` until `close()`. Throws `internal` when it is none, `resourceExhausted` when it is over the limits.
  func open(
    _ map: UnsafeRawBufferPointer, in arena: MessageArena, _ limits: MessageLimits = MessageLimits()
  ) throws(GRPCStatus) {
    // Offsets in it are 32 bits.
    guard map.count <= limits.headerMapBytesMax else { throw Self.tooLarge(limits) }
    var capacity = Self.usualCount
    var found = arena.allocate(capacity, of: Header.self)
    var count = 0
    var fields = WireFields(map)
    while let field = fields.next() {
      guard field.number == Self.headersField else { continue }
      guard let content = field.content, let header = Self.header(content, in: map) else {
        throw Self.undecodable
      }
      if count == capacity {
        guard count < limits.headersMax else { throw Self.tooLarge(limits) }
        let larger = arena.allocate(2 &* capacity, of: Header.self)
        larger.initialize(from: found, count: count)
        found = larger
        capacity &*= 2
      }
      (found + count).initialize(to: header)
      count &+= 1
    }
    guard !fields.isMalformed else { throw Self.undecodable }
    self.map = map
    headers = UnsafeBufferPointer(start: found, count: count)
  }

  /// Room for as many headers at first.
  private static let usualCount = 32
  /// HeaderMap.headers
  private static let headersField: UInt32 = 1
  private static var undecodable: GRPCStatus {
    GRPCStatus(.internal, "ProcessingRequest: its headers cannot be decoded")
  }
  private static func tooLarge(_ limits: MessageLimits) -> GRPCStatus {
    GRPCStatus(
      .resourceExhausted,
      "ProcessingRequest: more than \(limits.headersMax) headers, or than \(limits.headerMapBytesMax) bytes of them"
    )
  }

  /// A HeaderValue. Envoy fills `raw_value`; other proxies fill `value` for pseudo-headers.
  @inline(__always)
  private static func header(_ message: UnsafeRawBufferPointer, in map: UnsafeRawBufferPointer) -> Header? {
    guard let start = map.baseAddress, let messageStart = message.baseAddress else {
      // An empty message at the end of nothing.
      return Header(name: Place(offset: 0, count: 0), value: Place(offset: 0, count: 0))
    }
    return shortHeader(message, offset: UInt32(truncatingIfNeeded: messageStart - start))
      ?? anyHeader(message, start)
  }

  /// As Envoy writes most: the name and `raw_value`, in this order, each of less than 128 bytes. Nil for any other.
  @inline(__always)
  private static func shortHeader(_ message: UnsafeRawBufferPointer, offset: UInt32) -> Header? {
    let count = message.count
    guard count >= 4, message[0] == 0x0a else { return nil }
    let nameCount = Int(message[1])
    let valueStart = nameCount &+ 4
    guard nameCount < 0x80, valueStart <= count, message[nameCount &+ 2] == 0x1a else { return nil }
    let valueCount = Int(message[nameCount &+ 3])
    guard valueCount < 0x80, valueCount > 0, valueStart &+ valueCount == count else { return nil }
    return Header(
      name: Place(offset: offset &+ 2, count: UInt32(truncatingIfNeeded: nameCount)),
      value: Place(
        offset: offset &+ UInt32(truncatingIfNeeded: valueStart),
        count: UInt32(truncatingIfNeeded: valueCount)))
  }

  private static func anyHeader(_ message: UnsafeRawBufferPointer, _ start: UnsafeRawPointer) -> Header? {
    let nothing = UnsafeRawBufferPointer(start: start, count: 0)
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
    guard !fields.isMalformed else { return nil }
    return Header(name: place(of: name, start), value: place(of: rawValue.isEmpty ? value : rawValue, start))
  }

  private static func place(of bytes: UnsafeRawBufferPointer, _ start: UnsafeRawPointer) -> Place {
    let offset = bytes.baseAddress.map { $0 - start } ?? 0
    return Place(
      offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: bytes.count))
  }

  /// The value of the first header of that name in a serialized `HeaderMap`; nil where there is none, or no map.
  static func value(of name: StaticString, in map: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let start = map.baseAddress else { return nil }
    var fields = WireFields(map)
    while let field = fields.next() {
      guard field.number == headersField, let content = field.content,
        let header = Self.header(content, in: map)
      else { continue }
      let found = UnsafeRawBufferPointer(
        start: start + Int(header.name.offset), count: Int(header.name.count))
      guard found.equals(name) else { continue }
      return UnsafeRawBufferPointer(start: start + Int(header.value.offset), count: Int(header.value.count))
    }
    return nil
  }

  /// Whether the client fills `value` for pseudo-headers and `raw_value` for others. Envoy fills `raw_value` for all;
  /// agentgateway is known by it. Walks through all of them.
  var fillsValueForPseudoHeaders: Bool {
    var isPlain = false
    var isRaw = false
    var fields = WireFields(map)
    while let field = fields.next() {
      guard field.number == Self.headersField, let header = field.content else { continue }
      var isPseudo = false
      var members = WireFields(header)
      while let member = members.next() {
        guard let content = member.content, let first = content.first else { continue }
        switch member.number {
        case 1: isPseudo = first == UInt8(ascii: ":")
        case 2 where isPseudo: isPlain = true
        case 3: isRaw = true
        default: break
        }
      }
    }
    return isPlain && isRaw
  }

  /// What is held of the headers.
  var heldBytes: Int { arena?.byteCount ?? 0 }

  /// Keeps the headers beyond the call: `arena`, into which they were opened, takes a copy of them and stays here.
  func hold(_ arena: MessageArena) {
    self.arena = arena
    guard let start = map.baseAddress else { return }
    let copy = arena.allocate(map.count)
    copy.copyMemory(from: start, byteCount: map.count)
    map = UnsafeRawBufferPointer(start: copy, count: map.count)
  }

  /// Lets go of the headers: nothing is found any more. Returns the memory that was held, emptied.
  func close() -> MessageArena? {
    headers = .init(start: nil, count: 0)
    map = .init(start: nil, count: 0)
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
    for header in headers where header.name.count == name.count && bytes(header.name).equals(name) {
      if count == index { found = bytes(header.value) }
      count &+= 1
    }
    return found
  }

  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    for header in headers { body(bytes(header.name), bytes(header.value)) }
  }

  private func bytes(_ place: Place) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: map.baseAddress.map { $0 + Int(place.offset) }, count: Int(place.count))
  }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? { connection[attribute] }

  var requestID: [UInt8]? {
    direction == .response ? keptRequestID : firstValue("x-request-id").map { Array($0) }
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
