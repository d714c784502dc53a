/// Writes JSON the way serde_json does: the same escapes, the same numbers, the same layout.
///
/// Everything appends to `output`, and what it appends is valid UTF-8 whatever comes in.
package enum JSONWriter {
  package static func append(_ bool: Bool, to output: inout [UInt8]) {
    output.append(contentsOf: bool ? "true".utf8 : "false".utf8)
  }

  package static func appendNull(to output: inout [UInt8]) {
    output.append(contentsOf: "null".utf8)
  }

  /// In decimal.
  package static func append(_ integer: some FixedWidthInteger, to output: inout [UInt8]) {
    var rest = integer.magnitude
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    let first = output.count
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      output.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
      rest = quotient
    } while rest != 0
    output[first...].reverse()
  }
}
