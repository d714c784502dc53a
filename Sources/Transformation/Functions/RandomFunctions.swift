internal import Template

/// `replace_with_random(s, what)`: every occurrence of `what` replaced by one text made for this call, 128 random
/// bits as 22 characters of base64. `uuid4()`: a random UUID (RFC 9562 section 5.4).
enum RandomFunctions {
  static let all: [Function] = [
    .text("replace_with_random", parameters: ["s", "what"]) { call, output throws(TemplateError) in
      try call.charge(60)
      try TextFunctions.replace(&call, by: randomText(), to: &output)
    },
    .text("uuid4", parameters: []) { call, output throws(TemplateError) in
      // The system's random numbers cost as much as some instructions.
      try call.charge(30)
      appendUUID(of: randomBytes(), to: &output)
    },
  ]

  private static func randomText() -> [UInt8] {
    Base64.standard.encode(randomBytes()).filter { $0 != UInt8(ascii: "=") }
  }

  /// Version 4, variant 1, of 16 random bytes.
  static func appendUUID(of bytes: [UInt8], to output: inout [UInt8]) {
    let digits: StaticString = "0123456789abcdef"
    for (position, random) in bytes.prefix(16).enumerated() {
      if position == 4 || position == 6 || position == 8 || position == 10 {
        output.append(UInt8(ascii: "-"))
      }
      let byte = position == 6 ? random & 0x0F | 0x40 : position == 8 ? random & 0x3F | 0x80 : random
      output.append(digits.utf8Start[Int(byte >> 4)])
      output.append(digits.utf8Start[Int(byte & 15)])
    }
  }

  /// 128 bits.
  private static func randomBytes() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    for _ in 0..<2 {
      let word = generator.next()
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return bytes
  }
}
