import CExtProc
import Testing

@testable import ExtProc
@testable import Transformation

@Suite("HeaderSource")
struct HeaderSourceTests {
  private let arena = MessageArena()

  private func source(_ headers: [(String, String)]) throws -> HeaderSource {
    let message = arena.make(envoy__service__ext_proc__v3__http_headers__init)
    message.pointee.headers = EnvoyPeer.packed(EnvoyPeer.headerMap(headers, arena), arena)
    let source = HeaderSource()
    try source.open(message, in: arena)
    return source
  }

  private func values(_ source: HeaderSource, _ name: String) -> [String] {
    Array(name.utf8).withUnsafeBytes { name in
      var values: [String] = []
      var count = 0
      while let value = source.header(name, at: values.count, count: &count) {
        values.append(String(decoding: value, as: UTF8.self))
      }
      #expect(values.count == count)
      return values
    }
  }

  @Test("repeated headers keep their values and their order")
  func repeated() throws {
    let source = try source([("a", "1"), ("b", "2"), ("a", ""), ("ab", "3"), ("a", "4")])
    #expect(values(source, "a") == ["1", "", "4"])
    #expect(values(source, "ab") == ["3"])
    #expect(values(source, "abc") == [])
    #expect(values(source, "") == [])
  }

  @Test("value is read where raw_value is empty, as other proxies send it")
  func valueInPlaceOfRawValue() throws {
    let message = arena.make(envoy__service__ext_proc__v3__http_headers__init)
    let map = EnvoyPeer.headerMap([(":path", ""), ("a", "raw")], arena)
    map.pointee.headers[0]?.pointee.value = arena.copyCString("/plain".utf8)
    map.pointee.headers[1]?.pointee.value = arena.copyCString("ignored".utf8)
    message.pointee.headers = EnvoyPeer.packed(map, arena)
    let source = HeaderSource()
    try source.open(message, in: arena)
    #expect(values(source, ":path") == ["/plain"])
    #expect(values(source, "a") == ["raw"])
  }

  @Test("a name with a NUL in it matches nothing")
  func nameWithNUL() throws {
    #expect(values(try source([("a", "1")]), "a\0") == [])
    #expect(values(try source([("a", "1")]), "a\0b") == [])
  }

  @Test(
    "headers that are no HeaderMap are refused",
    arguments: [
      [0x0a], [0x0a, 5, 0x0a, 1], [0x0a, 2, 0x08, 1], [0x0a, 3, 0x0a, 9, 0x61], [0x08, 1, 0x0a, 2, 0x1a, 1],
    ])
  func malformed(bytes: [UInt8]) {
    let message = arena.make(envoy__service__ext_proc__v3__http_headers__init)
    bytes.withUnsafeBytes { bytes in
      message.pointee.headers = ProtobufCBinaryData(bytes)
      let error = #expect(throws: GRPCStatus.self) { try HeaderSource().open(message, in: arena) }
      #expect(error?.code == .internal)
    }
  }

  @Test("all headers are told in order")
  func forEach() throws {
    var seen: [String] = []
    try source([("b", "1"), ("a", "2"), ("b", "3")]).forEachHeader {
      seen.append(String(decoding: $0, as: UTF8.self) + "=" + String(decoding: $1, as: UTF8.self))
    }
    #expect(seen == ["b=1", "a=2", "b=3"])
  }

  @Test("nothing is found once it is closed")
  func closed() throws {
    let source = try source([("a", "1")])
    let held = MessageArena()
    source.hold(held)
    #expect(source.close() === held)
    #expect(values(source, "a") == [])
    #expect(source.close() == nil)
  }

  @Test("attributes of the connection are texts, numbers and booleans")
  func attributes() {
    var value = ValueMessage()
    google__protobuf__value__init(&value)
    #expect(AttributeValue(value) == nil)
    value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE
    value.bool_value = 1
    #expect(AttributeValue(value) == .bool(true))
    value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE
    value.number_value = 42
    #expect(AttributeValue(value) == .int(42))
    value.number_value = .nan
    #expect(AttributeValue(value) == nil)
    value.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE
    value.string_value = arena.copyCString("TLSv1.3".utf8)
    #expect(AttributeValue(value) == .string(Array("TLSv1.3".utf8)))
  }
}
