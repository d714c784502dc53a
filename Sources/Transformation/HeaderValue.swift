/// A header's value as HTTP allows it on the wire.
enum HeaderValue {
  /// What is wrong with `value`, to stand behind its header's name; nil when nothing is.
  static func fault(_ value: some Collection<UInt8>, of name: HeaderName) -> String? {
    if let byte = value.first(where: isForbidden) {
      return "holds the control character \(spell(byte)), which no header can carry"
    }
    guard name.isPseudoHeader, !value.isEmpty else { return nil }
    if name == ":path", !isPath(value) {
      return "is not a path: it must start with `/` and hold visible ASCII characters but `#`"
    }
    if name == ":status", !isFinalStatus(value) { return "is not a status from 200 to 599" }
    if name == ":status", !Framing.allowsBody(status: value) {
      return "is a status without a body, and the response may have one"
    }
    if name == ":method" {
      guard value.allSatisfy(HeaderName.isTokenCharacter) else {
        return "is not a method: letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110, 9.1)"
      }
      if Framing.hasOtherFraming(value) { return "would change whether the response has a body" }
    }
    if name == ":scheme", !Authority.isScheme(value) {
      return "is not a scheme: a letter, then letters, digits, `+`, `-` and `.` (RFC 3986, 3.1)"
    }
    if name == ":authority", !Authority.isValid(value) {
      return "is not a host, or a host and a port, without a user (RFC 3986, 3.2; RFC 9113, 8.3.1)"
    }
    return nil
  }

  /// RFC 9110 section 5.5: control characters but the tab.
  private static func isForbidden(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }

  /// RFC 9113 section 8.3.1: starts with `/`, or is `*` for OPTIONS. White space would end it in HTTP/1, `#` begins a
  /// fragment, which no request has, and other characters are written with `%` (RFC 3986, sections 3.3 to 3.5).
  private static func isPath(_ value: some Collection<UInt8>) -> Bool {
    if value.elementsEqual("*".utf8) { return true }
    return value.first == UInt8(ascii: "/")
      && value.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
  }

  private static func isFinalStatus(_ value: some Collection<UInt8>) -> Bool {
    guard value.count == 3, let first = value.first else { return false }
    return (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(first)
      && value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func spell(_ byte: UInt8) -> String {
    switch byte {
    case 0x0A: return "LF (\\n)"
    case 0x0D: return "CR (\\r)"
    case 0x00: return "NUL"
    default: return "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}
