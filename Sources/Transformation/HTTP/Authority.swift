/// Where a request goes, as `:scheme` and `:authority` spell it.
enum Authority {
  /// RFC 3986, section 3.1.
  static func isScheme(_ value: some Collection<UInt8>) -> Bool {
    guard let first = value.first, isLetter(first) else { return false }
    return value.allSatisfy { isLetter($0) || isDigit($0) || isOne(of: "+-.", $0) }
  }

  /// RFC 3986, section 3.2, without a user, which `:authority` never has (RFC 9113, section 8.3.1): a name or an address,
  /// and a port.
  static func isValid(_ value: some Collection<UInt8>) -> Bool {
    value.first == UInt8(ascii: "[") ? isLiteral(value) : isName(value)
  }

  /// `[::1]:8080`. What stands in the brackets is not taken apart: whoever resolves it does that.
  private static func isLiteral(_ value: some Collection<UInt8>) -> Bool {
    guard let end = value.firstIndex(of: UInt8(ascii: "]")) else { return false }
    let address = value[value.index(after: value.startIndex)..<end]
    return !address.isEmpty
      && address.allSatisfy { isLetter($0) || isDigit($0) || isOne(of: ":.", $0) }
      && isPort(value[value.index(after: end)...])
  }

  /// `api.example.com:443`: unreserved characters, sub-delims, and `%` with two digits.
  private static func isName(_ value: some Collection<UInt8>) -> Bool {
    let name = value.prefix { $0 != UInt8(ascii: ":") }
    var digitsMissing = 0
    for byte in name {
      if digitsMissing > 0 {
        guard isHexadecimal(byte) else { return false }
        digitsMissing -= 1
      } else if byte == UInt8(ascii: "%") {
        digitsMissing = 2
      } else {
        guard isLetter(byte) || isDigit(byte) || isOne(of: "-._~!$&'()*+,;=", byte) else { return false }
      }
    }
    return !name.isEmpty && digitsMissing == 0 && isPort(value.dropFirst(name.count))
  }

  /// Nothing, or a colon and digits.
  private static func isPort(_ rest: some Collection<UInt8>) -> Bool {
    rest.isEmpty || (rest.first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy(isDigit))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }

  private static func isOne(of characters: StaticString, _ byte: UInt8) -> Bool {
    UnsafeBufferPointer(start: characters.utf8Start, count: characters.utf8CodeUnitCount).contains(byte)
  }
}
