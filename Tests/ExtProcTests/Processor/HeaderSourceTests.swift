import CExtProc
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("HeaderSource")
struct HeaderSourceTests {
  private let arena = MessageArena()

  private func source(_ headers: [(String, String)]) throws -> HeaderSource {
    let source = HeaderSource()
    try source.open(EnvoyPeer.packed(EnvoyPeer.headerMap(headers, arena), arena).buffer, in: arena)
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
    let map = EnvoyPeer.headerMap([(":path", ""), ("a", "raw")], arena)
    map.pointee.headers[0]?.pointee.value = arena.copyCString("/plain".utf8)
    map.pointee.headers[1]?.pointee.value = arena.copyCString("ignored".utf8)
    let source = HeaderSource()
    try source.open(EnvoyPeer.packed(map, arena).buffer, in: arena)
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
    bytes.withUnsafeBytes { bytes in
      let error = #expect(throws: GRPCStatus.self) { try HeaderSource().open(bytes, in: arena) }
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
    #expect(source.close() == nil)
    #expect(values(source, "a") == [])
  }

  @Test("what is held outlives the message that it came in")
  func held() throws {
    let headers = (0..<100).map { ("name-\($0)", String(repeating: "v", count: 2 * $0)) }
    let source = HeaderSource()
    do {
      let message = MessageArena()
      let map = EnvoyPeer.packed(EnvoyPeer.headerMap(headers, message), message).buffer
      try source.open(map, in: arena)
      source.hold(arena)
      UnsafeMutableRawBufferPointer(mutating: map).initializeMemory(as: UInt8.self, repeating: 0xff)
    }
    for (name, value) in headers { #expect(values(source, name) == [value]) }
    #expect(source.close() === arena)
    #expect(values(source, "name-1") == [])
    #expect(source.close() == nil)
  }

  @Test("names and values of any length are found, in any order of the fields")
  func lengths() throws {
    for nameCount in [0, 1, 2, 126, 127, 128, 129, 300] {
      for valueCount in [0, 1, 126, 127, 128, 129, 20_000] {
        let name = String(repeating: "n", count: nameCount)
        let value = String(repeating: "v", count: valueCount)
        #expect(values(try source([("a", "1"), (name, value), ("b", "2")]), name) == [value])
      }
    }
    // raw_value, then the key; a field that is not known between them.
    let map: [UInt8] = [0x0a, 8, 0x1a, 1, 0x31, 0x20, 5, 0x0a, 1, 0x61]
    try map.withUnsafeBytes {
      let source = HeaderSource()
      try source.open($0, in: arena)
      #expect(values(source, "a") == ["1"])
    }
  }

  @Test("more headers than the limit, or more bytes of them, are refused")
  func limits() throws {
    var limits = MessageLimits()
    limits.headersMax = 64
    limits.headerMapBytesMax = 1_000
    func open(_ map: [UInt8]) -> GRPCStatus.Code? {
      map.withUnsafeBytes { map in
        do throws(GRPCStatus) { try HeaderSource().open(map, in: MessageArena(), limits) } catch {
          return error.code
        }
        return nil
      }
    }
    #expect(open([UInt8](repeatElement([0x0a, 0], count: 64).joined())) == nil)
    #expect(open([UInt8](repeatElement([0x0a, 0], count: 65).joined())) == .resourceExhausted)
    #expect(open([0x12, 0x80 | 102, 7] + [UInt8](repeating: 0, count: 998)) == .resourceExhausted)
    #expect(open([0x12, 0x80 | 101, 7] + [UInt8](repeating: 0, count: 997)) == nil)
  }
}
