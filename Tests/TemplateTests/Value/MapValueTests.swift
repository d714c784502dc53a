import Testing

@testable import Template

@Suite("Maps")
struct MapValueTests {
  @Test("find every key, few or many", arguments: [0, 1, 8, 9, 1000])
  func lookup(_ count: Int) throws {
    var builder = MapBuilder()
    for number in 0..<count { builder.set(Value("key\(number)"), to: .int(Int64(number))) }
    for number in 0..<count { builder.set(Value("key\(number)"), to: .int(Int64(number * 2))) }
    let map = try builder.finish()
    #expect(map.count == count)
    for number in 0..<count {
      #expect(map.value(for: Value("key\(number)"))?.int == number * 2)
      #expect(Array("key\(number)".utf8).withBytes { map.value(for: $0) }?.int == number * 2)
    }
    #expect(map.value(for: Value("key")) == nil)
    #expect(
      map.entries.map { String(decoding: $0.key.textBytes, as: UTF8.self) } == (0..<count).map { "key\($0)" })
  }

  @Test("take equal numbers as one key, and booleans as others")
  func keys() throws {
    var builder = MapBuilder()
    for filler in 0..<20 { builder.set(Value("f\(filler)"), to: .none) }
    builder.set(.int(1), to: Value("int"))
    builder.set(.bool(true), to: Value("bool"))
    builder.set(.float(1), to: Value("float"))
    builder.set(try .list([.int(1), .float(2)]), to: Value("list"))
    let map = try builder.finish()
    #expect(map.count == 23)
    #expect(map.value(for: .int(1))?.isString("float") == true)
    #expect(map.value(for: .bool(true))?.isString("bool") == true)
    #expect(map.value(for: try .list([.float(1), .int(2)]))?.isString("list") == true)
    #expect(map.value(for: .float(1.5)) == nil)
  }

  @Test("give equal values one hash")
  func hashes() throws {
    func hash(_ value: Value) -> Int { MapKey(value).hashValue }
    let large = Value(integer: UInt128.max)
    #expect(hash(.int(7)) == hash(.float(7)))
    #expect(hash(.float(0)) == hash(.float(-0.0)))
    #expect(hash(Value(integer: Int128(1) << 100)) == hash(.float(0x1p100)))
    #expect(hash(large) == hash(.wide(WideInteger(magnitude: .max))))
    #expect(hash(.string([0x61])) == hash(.safeString([0x61])))
    var (one, two) = (MapBuilder(), MapBuilder())
    for (key, value) in [(1, 2), (3, 4)] { one.set(.int(Int64(key)), to: .int(Int64(value))) }
    for (key, value) in [(3, 4), (1, 2)] { two.set(.int(Int64(key)), to: .float(Double(value))) }
    #expect(hash(.map(try one.finish())) == hash(.map(try two.finish())))
  }
}
