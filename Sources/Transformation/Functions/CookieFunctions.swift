internal import Template

/// `cookie(name)`: the value of the request's first cookie of that name, or "" (RFC 6265 section 4.2). Names match to
/// the letter; double quotes around a value are no part of it.
enum CookieFunctions {
  static let all: [Function] = [
    .text("cookie", parameters: ["name"]) { call, output throws(TemplateError) in
      guard let scope = HostFunctions.scope(call.context) else { return }
      var read = 0
      try call.withText(0) { (name) throws(TemplateError) in
        var isFound = false
        scope.forEachRequestValue(of: "cookie") { header in
          read += header.count
          guard !isFound, let value = value(of: name, in: header) else { return }
          isFound = true
          output.append(contentsOf: value)
        }
      }
      try call.charge(read / 2)
    }
  ]

  static func value(
    of name: UnsafeRawBufferPointer, in header: UnsafeRawBufferPointer
  ) -> Slice<UnsafeRawBufferPointer>? {
    for pair in header.split(separator: UInt8(ascii: ";")) {
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
      guard trimmed(pair[..<equals]).elementsEqual(name) else { continue }
      let value = trimmed(pair[(equals + 1)...])
      let quote = UInt8(ascii: "\"")
      return value.count >= 2 && value.first == quote && value.last == quote
        ? value.dropFirst().dropLast() : value
    }
    return nil
  }

  /// Without spaces and tabs at both ends.
  private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }
}
