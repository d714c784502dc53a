internal import Template

/// `replace_with_random(s, what)`: every occurrence of `what` replaced by one text made for this call, 128 random
/// bits as 22 characters of base64.
enum RandomFunctions {
  static let all: [Function] = [
    .text("replace_with_random", parameters: ["s", "what"]) { call, output throws(TemplateError) in
      try TextFunctions.replace(&call, by: randomText(), to: &output)
    }
  ]

  private static func randomText() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    for _ in 0..<2 {
      let word = generator.next()
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return Base64.standard.encode(bytes).filter { $0 != UInt8(ascii: "=") }
  }
}
