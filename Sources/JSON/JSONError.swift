/// Why a text is not JSON, and where.
package struct JSONError: Error, CustomStringConvertible {
  package enum Kind: Sendable {
    case syntax, invalidUTF8, tooDeep, tooLong
  }
  package let kind: Kind
  /// For people: what was expected, what was found.
  package let detail: String
  /// In bytes from the start of the text. The text's length when more of it was expected.
  package let offset: Int

  package var description: String { "\(detail) (byte \(offset))" }

  /// Where in `text` the error is: line and column from 1, lines end with a line feed, columns count characters
  /// (Unicode scalars).
  package func position(in text: UnsafeRawBufferPointer) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in text.prefix(max(0, offset)) {
      if byte == UInt8(ascii: "\n") {
        line &+= 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column &+= 1
      }
    }
    return (line, column)
  }
}

extension JSONError {
  /// Tells a fault in words.
  init(_ fault: JSONFault, in text: UnsafeRawBufferPointer, limits: JSONLimits) {
    offset = fault.offset
    kind =
      switch fault.reason {
      case .malformedUTF8: .invalidUTF8
      case .tooDeep: .tooDeep
      case .tooLong: .tooLong
      default: .syntax
      }
    detail = JSONError.detail(of: fault, found: JSONError.found(at: fault.offset, in: text), limits: limits)
  }

  private static func detail(of fault: JSONFault, found: String, limits: JSONLimits) -> String {
    switch fault.reason {
    case .expectedValue: "expected a value, found \(found)"
    case .expectedElementOrEnd: "expected a value or ']', found \(found)"
    case .expectedMemberOrEnd: "expected a member's name in double quotes or '}', found \(found)"
    case .expectedMember: "expected a member's name in double quotes after ',', found \(found)"
    case .expectedColon: "expected ':' after a member's name, found \(found)"
    case .expectedCommaInArray: "expected ',' or ']' after an element, found \(found)"
    case .expectedCommaInObject: "expected ',' or '}' after a member's value, found \(found)"
    case .expectedEndOfText: "expected the end of the text after the value, found \(found)"
    case .expectedTrue: "expected 'true' for a value that starts with 't'"
    case .expectedFalse: "expected 'false' for a value that starts with 'f'"
    case .expectedNull: "expected 'null' for a value that starts with 'n'"
    case .expectedDigit: "expected a digit of a number, found \(found)"
    case .leadingZero: "a number must not start with a superfluous zero"
    case .controlCharacter: "\(found) must be escaped in a string"
    case .unfinishedString: "expected '\"' at the end of a string, found \(found)"
    case .unknownEscape: "unknown escape in a string, expected one of \" \\ / b f n r t u after '\\'"
    case .badHexEscape: "expected four hexadecimal digits after '\\u'"
    case .loneSurrogate: "half of a surrogate pair without the other half in a string"
    case .malformedUTF8: "\(found) is not part of valid UTF-8"
    case .tooDeep: "arrays and objects are nested deeper than \(limits.depthMax) levels"
    case .tooLong: "the text is longer than \(limits.textBytesMaxInForce) bytes"
    }
  }

  /// The character at an offset, for a message.
  private static func found(at offset: Int, in text: UnsafeRawBufferPointer) -> String {
    guard offset >= 0, offset < text.count else { return "the end of the text" }
    let byte = text[offset]
    if byte == 0x7f || byte < 0x20 { return "the control character U+00\(hex(byte))" }
    if byte == UInt8(ascii: "'") { return "a single quote" }
    if byte < 0x80 { return "'\(Character(Unicode.Scalar(byte)))'" }
    let character = UnsafeRawBufferPointer(rebasing: text[offset...].prefix(UTF8Sequence.bytesMax))
    let length = UTF8Sequence.length(of: character)
    guard length > 0 else { return "the byte 0x\(hex(byte))" }
    if character.starts(with: [0xef, 0xbb, 0xbf]) { return "a byte order mark" }
    return "'\(String(decoding: character.prefix(length), as: UTF8.self))'"
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 0x10 ? "0" + digits : digits
  }
}
