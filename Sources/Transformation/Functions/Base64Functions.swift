internal import Template

/// `base64_encode/decode` and `base64url_encode/decode`. Decoding gives "" for what is not base64, or not UTF-8 text
/// once decoded. `base64url_encode` writes no padding; decoding takes text with it and without.
enum Base64Functions {
  static let all = [
    encoder("base64_encode", .standard), decoder("base64_decode", .standard),
    encoder("base64url_encode", .url), decoder("base64url_decode", .url),
  ]

  private static func encoder(_ name: String, _ alphabet: Base64) -> Function {
    .text(name, parameters: ["s"]) { call, output throws(TemplateError) in
      let bytes = try call.withText(0) { (text) throws(TemplateError) in
        output.append(contentsOf: alphabet.encode(text))
        return text.count
      }
      try call.charge(16 + bytes / 4)
    }
  }

  private static func decoder(_ name: String, _ alphabet: Base64) -> Function {
    .text(name, parameters: ["s"]) { call, output throws(TemplateError) in
      try call.charge(call.withText(0) { (text) throws(TemplateError) in text.count } / 4 + 16)
      try call.withText(0) { (text) throws(TemplateError) in
        guard let bytes = alphabet.decode(text), String(validating: bytes, as: UTF8.self) != nil else {
          return
        }
        output.append(contentsOf: bytes)
      }
    }
  }
}

/// RFC 4648, sections 4 and 5.
struct Base64: Sendable {
  static let standard = Base64(last: "+/", pads: true)
  static let url = Base64(last: "-_", pads: false)

  private let digits: [UInt8]
  /// 0xFF for what is no digit.
  private let values: [UInt8]
  private let pads: Bool

  private init(last: String, pads: Bool) {
    digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    self.values = values
    self.pads = pads
  }

  func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    var pending: UInt32 = 0
    var pendingBits = 0
    for byte in bytes {
      pending = (pending << 8 | UInt32(byte)) & 0xFFFFFF
      pendingBits += 8
      while pendingBits >= 6 {
        pendingBits -= 6
        output.append(digits[Int(pending >> UInt32(pendingBits) & 0x3F)])
      }
    }
    if pendingBits > 0 { output.append(digits[Int(pending << UInt32(6 - pendingBits) & 0x3F)]) }
    while pads, output.count % 4 != 0 { output.append(UInt8(ascii: "=")) }
    return output
  }

  /// Nil when a character is no digit, the padding is wrong, or bits are left over.
  func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var digitCount = text.count
    while digitCount > 0, text[digitCount - 1] == UInt8(ascii: "=") { digitCount -= 1 }
    let padding = text.count - digitCount
    guard padding == 0 ? (!pads || text.count % 4 == 0) : (padding <= 2 && text.count % 4 == 0) else {
      return nil
    }
    var output: [UInt8] = []
    output.reserveCapacity(digitCount / 4 * 3 + 2)
    var pending: UInt32 = 0
    var pendingBits = 0
    for digit in text[..<digitCount] {
      let value = values[Int(digit)]
      guard value != 0xFF else { return nil }
      pending = (pending << 6 | UInt32(value)) & 0xFFFF
      pendingBits += 6
      if pendingBits >= 8 {
        pendingBits -= 8
        output.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
      }
    }
    guard pendingBits < 6, pending & (1 << UInt32(pendingBits) - 1) == 0 else { return nil }
    return output
  }
}
