import Testing

@testable import Template

@Suite("Numbers")
struct NumberTests {
  @Test(
    "integers never overflow silently",
    arguments: [
      ("9223372036854775807 + 1", "9223372036854775808"),
      ("-9223372036854775808 - 1", "-9223372036854775809"),
      ("9223372036854775807 * 9223372036854775807", "85070591730234615847396907784232501249"),
      ("-9223372036854775808 // -1", "9223372036854775808"), ("-9223372036854775808 % -1", "0"),
      ("-(-9223372036854775808)", "9223372036854775808"),
      ("(-9223372036854775808)|abs", "9223372036854775808"),
      ("9223372036854775808 - 1", "9223372036854775807"),
      ("2 ** 126", "85070591730234615865843651857942052864"),
      ("(-2) ** 127", "-170141183460469231731687303715884105728"),
      ("-170141183460469231731687303715884105728", "170141183460469231731687303715884105728"),
    ])
  func large(_ source: String, _ expected: String) { #expect(render("{{ \(source) }}") == expected) }

  @Test(
    "what does not fit is an error",
    arguments: [
      "2 ** 127", "170141183460469231731687303715884105727 + 1", "(-2) ** 127 - 1", "((-2) ** 127) // -1",
      "1 // 0", "1 % 0",
      "((-2) ** 127) % -1", "2 ** 4294967296", "170141183460469231731687303715884105727 * 2", "2 ** -1",
      "340282366920938463463374607431768211455 + 1", "-340282366920938463463374607431768211455",
    ])
  func overflow(_ source: String) throws {
    #expect(try failure("{{ \(source) }}")?.kind == .invalidOperation)
  }

  @Test("are ordered exactly, whatever their type")
  func order() {
    let ascending: [Value] = [
      .float(-.infinity), .float(-1e40), Value(integer: -(Int128(1) << 100)), .float(-1.5), .int(-1),
      .float(-0.5),
      .int(0), .float(0.5), .int(1), .int(9_007_199_254_740_992), .int(9_007_199_254_740_993),
      .float(9_007_199_254_740_994), Value(integer: Int128.max), .float(0x1p127), Value(integer: UInt128.max),
      .float(0x1p128), .float(.infinity),
    ]
    for (i, left) in ascending.enumerated() {
      for (j, right) in ascending.enumerated() {
        let order = left.compared(to: right)
        #expect(order.signum() == (i - j).signum(), "\(left) and \(right)")
        #expect(left.isEqual(to: right) == (i == j))
      }
    }
  }

  @Test("not a number is equal to nothing, and above all in order")
  func notANumber() {
    #expect(!Value.float(.nan).isEqual(to: .float(.nan)))
    #expect(!Value.float(.nan).isEqual(to: .int(0)))
    #expect(Value.float(.nan).compared(to: .float(.infinity)) > 0)
    #expect(Value.int(5).compared(to: .float(.nan)) < 0)
  }

  @Test("are whole when a position is asked for")
  func positions() {
    #expect(Value.float(2).int == 2)
    #expect(Value.bool(true).int == 1)
    #expect(Value.float(2.5).int == nil)
    #expect(Value.float(1e300).int == nil)
    #expect(Value.float(.nan).int == nil)
    #expect(Value(integer: Int128.max).int == nil)
  }
}
