extension JSONWriter {
  /// The shortest decimal number that reads back as the same double, laid out as serde_json does: always with a
  /// fraction (`1.0`) or an exponent (`1e100`; newer versions of serde_json write `1e+100`). Infinities and NaN have
  /// no JSON and become `null`.
  package static func append(_ double: Double, to output: inout [UInt8]) {
    guard double.isFinite else { return appendNull(to: &output) }
    var description = double.description
    description.withUTF8 { Decimal($0).append(to: &output) }
  }

  /// The digits of a double, and where the point is.
  private struct Decimal {
    var isNegative = false
    /// Up to 17 digits without zeros at either end, as one number.
    var digits: UInt64 = 0
    var digitCount = 0
    /// The number is 0.DIGITS times ten to this power.
    var point = 0

    /// Reads what the standard library prints: shortest digits, as `12.5`, `1e+16` or `5e-324`.
    init(_ description: UnsafeBufferPointer<UInt8>) {
      var pointSeen = false
      var exponent = 0
      var exponentIsNegative = false
      var zeros = 0
      var inExponent = false
      for byte in description {
        switch byte {
        case UInt8(ascii: "-"): if inExponent { exponentIsNegative = true } else { isNegative = true }
        case UInt8(ascii: "+"): break
        case UInt8(ascii: "."): pointSeen = true
        case UInt8(ascii: "e"): inExponent = true
        default:
          let digit = Int(byte &- UInt8(ascii: "0"))
          if inExponent {
            exponent = exponent &* 10 &+ digit
          } else {
            add(digit, &zeros, behindPoint: pointSeen)
          }
        }
      }
      point &+= exponentIsNegative ? 0 &- exponent : exponent
    }

    /// Zeros count only once a digit follows them.
    private mutating func add(_ digit: Int, _ zeros: inout Int, behindPoint: Bool) {
      if digitCount == 0 && digit == 0 {
        if behindPoint { point &-= 1 }
        return
      }
      if !behindPoint { point &+= 1 }
      if digit == 0 {
        zeros &+= 1
        return
      }
      for _ in 0..<zeros { digits = digits &* 10 }
      digits = digits &* 10 &+ UInt64(truncatingIfNeeded: digit)
      digitCount &+= zeros &+ 1
      zeros = 0
    }

    func append(to output: inout [UInt8]) {
      if isNegative { output.append(UInt8(ascii: "-")) }
      guard digitCount > 0 else { return output.append(contentsOf: "0.0".utf8) }
      if point > 16 || point < -4 {
        appendDigits(pointAfter: 1, to: &output)
        output.append(UInt8(ascii: "e"))
        JSONWriter.append(point &- 1, to: &output)
      } else if point <= 0 {
        output.append(contentsOf: "0.".utf8)
        appendZeros(0 &- point, to: &output)
        JSONWriter.append(digits, to: &output)
      } else if point < digitCount {
        appendDigits(pointAfter: point, to: &output)
      } else {
        JSONWriter.append(digits, to: &output)
        appendZeros(point &- digitCount, to: &output)
        output.append(contentsOf: ".0".utf8)
      }
    }

    /// No point when no digit would follow it.
    private func appendDigits(pointAfter position: Int, to output: inout [UInt8]) {
      let first = output.count
      JSONWriter.append(digits, to: &output)
      if position < digitCount { output.insert(UInt8(ascii: "."), at: first &+ position) }
    }

    private func appendZeros(_ count: Int, to output: inout [UInt8]) {
      for _ in 0..<count { output.append(UInt8(ascii: "0")) }
    }
  }
}
