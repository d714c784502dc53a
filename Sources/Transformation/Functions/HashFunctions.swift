internal import Template

/// `sha256(s)` and `hmac_sha256(key, s)`: 64 hexadecimal digits in lower case.
enum HashFunctions {
  static let all: [Function] = [
    .text("sha256", parameters: ["s"]) { call, output throws(TemplateError) in
      let digest = try call.withText(0) { (text) throws(TemplateError) in (SHA256.hash(text), text.count) }
      append(digest.0, to: &output)
      try chargeFor(digest.1, hashes: 1, &call)
    },
    .text("hmac_sha256", parameters: ["key", "s"]) { call, output throws(TemplateError) in
      let key = try call.withText(0) { (key) throws(TemplateError) in Array(key) }
      let digest = try call.withText(1) { (text) throws(TemplateError) in
        (key.withUnsafeBytes { SHA256.hmac(key: $0, text) }, text.count)
      }
      append(digest.0, to: &output)
      try chargeFor(key.count + digest.1, hashes: 3, &call)
    },
  ]

  private static func append(_ digest: [UInt8], to output: inout [UInt8]) {
    let digits: StaticString = "0123456789abcdef"
    for byte in digest {
      output.append(digits.utf8Start[Int(byte >> 4)])
      output.append(digits.utf8Start[Int(byte & 15)])
    }
  }

  /// Blocks of 64 bytes, of which the shortest text has one, and each costs as much as so many steps of the machine.
  private static func chargeFor(_ bytes: Int, hashes: Int, _ call: inout Function.Call) throws(TemplateError)
  {
    try call.charge(bytes + hashes * 128)
  }
}
