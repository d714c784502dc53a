import Testing

@testable import Template

@Suite("Floats as text")
struct FloatTextTests {
  private func text(_ value: Double, _ style: FloatText.Style) -> String {
    var output: [UInt8] = []
    FloatText.append(value, style: style, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(
    "without an exponent",
    arguments: [
      (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (-1.5, "-1.5"), (100.0, "100.0"), (0.1, "0.1"),
      (1e-7, "0.0000001"),
      (1.25e-3, "0.00125"), (1e21, "1000000000000000000000.0"), (123456789.125, "123456789.125"),
      (.leastNonzeroMagnitude, "0." + String(repeating: "0", count: 323) + "5"), (.infinity, "inf"),
      (-.infinity, "-inf"), (.nan, "NaN"),
    ])
  func plain(_ value: Double, _ expected: String) { #expect(text(value, .plain) == expected) }

  @Test(
    "as a programmer writes them",
    arguments: [
      (1e15, "1000000000000000.0"), (1e16, "1e16"), (1.5e16, "1.5e16"), (0.0001, "0.0001"), (0.00001, "1e-5"),
      (1.7976931348623157e308, "1.7976931348623157e308"), (2.5, "2.5"),
    ])
  func inspected(_ value: Double, _ expected: String) { #expect(text(value, .inspected) == expected) }

  @Test(
    "as JSON",
    arguments: [
      (1e15, "1000000000000000.0"), (1e16, "1e16"), (0.00001, "0.00001"), (0.000001, "1e-6"), (.nan, "null"),
      (.infinity, "null"), (-0.0, "-0.0"),
    ])
  func json(_ value: Double, _ expected: String) { #expect(text(value, .json) == expected) }

  @Test("read back as the same number")
  func roundTrip() {
    var seed: UInt64 = 42
    for _ in 0..<2000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Double(bitPattern: seed)
      guard value.isFinite else { continue }
      #expect(Double(text(value, .plain)) == value)
      #expect(Double(text(value, .inspected)) == value)
      #expect(Double(text(value, .json)) == value)
    }
  }
}
