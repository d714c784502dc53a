internal import Template

/// `cookie(name)`: the value of the request's first cookie of that name, or "" (RFC 6265 section 4.2). Names match to
/// the letter; double quotes around a value are no part of it.
///
/// `get_cookie(name)` and `get_cookie_i(name, index)` are kgateway's: quotes stay, and the second takes no heed of the case
/// of ASCII letters, and has an index, from 0 on, of those of that name. A cookie without a name is none.
enum CookieFunctions {
  static let all: [Function] = [
    function("cookie", keepsQuotes: false, ignoresCase: false),
    function("get_cookie", keepsQuotes: true, ignoresCase: false),
    function("get_cookie_i", keepsQuotes: true, ignoresCase: true),
  ]

  private static func function(_ name: String, keepsQuotes: Bool, ignoresCase: Bool) -> Function {
    .text(
      name, parameters: ignoresCase ? ["name", "index"] : ["name"], required: 1,
      reads: [.requestHeaderNamed("cookie")]
    ) { call, output throws(TemplateError) in
      guard let scope = HostFunctions.scope(call.context) else { return }
      try call.charge(scope.stepsOfLookup())
      var before = call.argumentCount > 1 ? try call.integer(1) : 0
      var read = 0
      try call.withText(0) { (name) throws(TemplateError) in
        var isFound = false
        scope.forEachRequestValue(of: "cookie") { header in
          read += header.count
          guard !isFound,
            let value = value(of: name, in: header, ignoresCase: ignoresCase, skipping: &before)
          else { return }
          isFound = true
          output.append(contentsOf: keepsQuotes ? value : unquoted(value))
        }
      }
      try call.charge(read / 2)
    }
  }

  /// As it stands there, white space around it left out; the one behind so many others of that name.
  private static func value(
    of name: UnsafeRawBufferPointer, in header: UnsafeRawBufferPointer, ignoresCase: Bool,
    skipping before: inout Int
  ) -> Slice<UnsafeRawBufferPointer>? {
    if name.isEmpty { return nil }
    for pair in header.split(separator: UInt8(ascii: ";")) {
      guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
      guard matches(trimmed(pair[..<equals]), name, ignoresCase: ignoresCase) else { continue }
      guard before == 0 else {
        before &-= 1
        continue
      }
      return trimmed(pair[(equals + 1)...])
    }
    return nil
  }

  private static func matches(
    _ found: Slice<UnsafeRawBufferPointer>, _ name: UnsafeRawBufferPointer, ignoresCase: Bool
  ) -> Bool {
    guard found.count == name.count else { return false }
    guard ignoresCase else { return found.elementsEqual(name) }
    return found.elementsEqual(name) { HeaderName.lowercase($0) == HeaderName.lowercase($1) }
  }

  private static func unquoted(_ value: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    let quote = UInt8(ascii: "\"")
    return value.count >= 2 && value.first == quote && value.last == quote
      ? value.dropFirst().dropLast() : value
  }

  /// Without spaces and tabs at both ends.
  private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var text = text.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }
}
