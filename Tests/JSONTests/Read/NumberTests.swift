import JSON
import Testing

struct NumberTests {
  @Test(
    "an integer that fits 64 bits is one",
    arguments: [
      ("0", 0), ("1", 1), ("-1", -1), ("42", 42), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min),
    ])
  func int64(spelling: String, number: Int64) throws {
    let value = try document(spelling).root
    #expect(value.isInteger)
    #expect(value.int64 == number)
    #expect(value.int128 == Int128(number))
    #expect(value.double == Double(number))
  }

  @Test(
    "an integer beyond 64 bits fits 128",
    arguments: [
      ("9223372036854775808", Int128(Int64.max) + 1), ("-9223372036854775809", Int128(Int64.min) - 1),
      ("18446744073709551615", Int128(UInt64.max)), ("170141183460469231731687303715884105727", Int128.max),
      ("-170141183460469231731687303715884105728", Int128.min),
    ])
  func int128(spelling: String, number: Int128) throws {
    let value = try document(spelling).root
    #expect(value.int64 == nil)
    #expect(value.int128 == number)
    #expect(value.double == Double(number))
  }

  @Test("an integer beyond 128 bits is a double only")
  func beyond() throws {
    for spelling in ["170141183460469231731687303715884105728", "-170141183460469231731687303715884105729"] {
      let value = try document(spelling).root
      #expect(value.isInteger)
      #expect(value.int128 == nil)
      #expect(value.double == Double(spelling))
      #expect(value.spelling == spelling)
    }
  }

  @Test(
    "a number with a fraction or an exponent is no integer, and minus zero is a double",
    arguments: ["1.0", "1e2", "1E0", "-0"])
  func notIntegers(spelling: String) throws {
    let value = try document(spelling).root
    #expect(value.int64 == nil)
    #expect(value.int128 == nil)
    #expect(value.double == Double(spelling))
  }

  @Test("minus zero keeps its sign")
  func minusZero() throws {
    for spelling in ["-0", "-0.0", "-0e5"] { #expect(try document(spelling).root.double?.sign == .minus) }
  }

  static let doubles = [
    "0.1", "0.7", "1.5", "123.456", "0.000001", "1e22", "1e23", "1e-7", "1E+2", "5e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324", "1.7976931348623157e308", "2.2250738585072014e-308", "2.2250738585072011e-308",
    "9007199254740993", "9007199254740992.5", "0.30000000000000004", "999999999999999", "99999999999999.9",
    "0.99999999999999",
    "123456789012345.6", "179769313486231580793e289",
    "0.1000000000000000055511151231257827021181583404541015625",
    "3.14159265358979323846264338327950288419716939937510582097494459",
  ]

  @Test("a double is rounded correctly", arguments: doubles)
  func rounding(spelling: String) throws {
    #expect(try document(spelling).root.double == Double(spelling))
    #expect(try document("-" + spelling).root.double == Double("-" + spelling))
  }

  @Test("short decimals agree with the standard library")
  func shortDecimals() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let digits = String(UInt64.random(in: 0..<1_000_000_000_000_000, using: &generator))
      let point = Int.random(in: 1...digits.count, using: &generator)
      let fraction = digits.dropFirst(point)
      let spelling = String(digits.prefix(point)) + (fraction.isEmpty ? "" : "." + fraction)
      #expect(try document(spelling).root.double == Double(spelling))
    }
  }

  @Test("beyond the range of doubles a number is infinite or zero, and keeps its spelling")
  func range() throws {
    let root = try document("[1e400, -1e400, 1e-400, 1e99999999999999999999]").root
    #expect(root.children.map(\.value.double) == [.infinity, -.infinity, 0, .infinity])
    #expect(root.compact == "[1e400,-1e400,1e-400,1e99999999999999999999]")
  }
}
