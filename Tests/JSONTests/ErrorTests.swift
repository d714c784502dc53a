import JSON
import Testing

struct ErrorTests {
  struct Refused: CustomTestStringConvertible {
    let text: String
    let offset: Int
    let detail: String
    init(_ text: String, _ offset: Int, _ detail: String) {
      (self.text, self.offset, self.detail) = (text, offset, detail)
    }
    var testDescription: String { text.debugDescription }
  }

  static let refused: [Refused] = [
    Refused("", 0, "expected a value, found the end of the text"),
    Refused("  ", 2, "expected a value, found the end of the text"),
    Refused("[1,]", 3, "expected a value, found ']'"),
    Refused("[,", 1, "expected a value or ']', found ','"),
    Refused("[", 1, "expected a value or ']', found the end of the text"),
    Refused("[1 2]", 3, "expected ',' or ']' after an element, found '2'"),
    Refused("[[1}", 3, "expected ',' or ']' after an element, found '}'"),
    Refused("{\"a\":1 x", 7, "expected ',' or '}' after a member's value, found 'x'"),
    Refused("{\"a\":[1]", 8, "expected ',' or '}' after a member's value, found the end of the text"),
    Refused("{'a':1}", 1, "expected a member's name in double quotes or '}', found a single quote"),
    Refused("{\"a\":1,}", 7, "expected a member's name in double quotes after ',', found '}'"),
    Refused("{\"a\" 1}", 5, "expected ':' after a member's name, found '1'"),
    Refused("{\"a\":}", 5, "expected a value, found '}'"),
    Refused("1 é", 2, "expected the end of the text after the value, found 'é'"),
    Refused("[]\u{0}", 2, "expected the end of the text after the value, found the control character U+0000"),
    Refused("\u{feff}{}", 0, "expected a value, found a byte order mark"),
    Refused("[tru]", 1, "expected 'true' for a value that starts with 't'"),
    Refused("[falsy]", 1, "expected 'false' for a value that starts with 'f'"),
    Refused("nil", 0, "expected 'null' for a value that starts with 'n'"),
    Refused("[-]", 2, "expected a digit of a number, found ']'"),
    Refused("1.", 2, "expected a digit of a number, found the end of the text"),
    Refused("1e+x", 3, "expected a digit of a number, found 'x'"),
    Refused("[-012]", 2, "a number must not start with a superfluous zero"),
    Refused("\"a\nb\"", 2, "the control character U+000A must be escaped in a string"),
    Refused("\"abcdefghij", 11, "expected '\"' at the end of a string, found the end of the text"),
    Refused("\"abc\\", 5, "expected '\"' at the end of a string, found the end of the text"),
    Refused("\"abc\\x\"", 4, "unknown escape in a string, expected one of \" \\ / b f n r t u after '\\'"),
    Refused("\"a\\u12g4\"", 2, "expected four hexadecimal digits after '\\u'"),
    Refused("\"a\\ud800\"", 2, "half of a surrogate pair without the other half in a string"),
    Refused("\"\\ud83d\\ude00 \\udc00\"", 14, "half of a surrogate pair without the other half in a string"),
  ]

  @Test("an error says what was expected, what was found, and where", arguments: refused)
  func details(sample: Refused) throws {
    let error = try #require(refusal(sample.text))
    #expect(error.kind == .syntax)
    #expect(error.offset == sample.offset)
    #expect(error.detail == sample.detail)
    #expect(error.description == "\(sample.detail) (byte \(sample.offset))")
  }

  @Test("bytes that are not UTF-8 are an error of their own, at the first byte of the sequence")
  func invalidUTF8() throws {
    let error = try #require(refusal(Array("{\"a\": \"é".utf8) + [0xe2, 0x82, 0x22, 0x7d]))
    #expect(error.kind == .invalidUTF8)
    #expect(error.offset == 9)
    #expect(error.detail == "the byte 0xE2 is not part of valid UTF-8")
    let outside = try #require(refusal([0x5b, 0xff]))
    #expect(outside.detail == "expected a value or ']', found the byte 0xFF")
  }

  @Test("an offset becomes a line and a column in characters")
  func position() throws {
    let text = Array("{\n  \"é\": 1,\n  \"ключ\" 2\n}".utf8)
    let error = try #require(refusal(text))
    let position = text.withUnsafeBytes { error.position(in: $0) }
    #expect(position.line == 3)
    #expect(position.column == 10)
  }

  @Test("an offset in another text stays in that text")
  func positionInShorterText() throws {
    let error = try #require(refusal("[1,2,3"))
    let position = Array("a\nb".utf8).withUnsafeBytes { error.position(in: $0) }
    #expect(position.line == 2)
    #expect(position.column == 2)
    #expect(error.position(in: UnsafeRawBufferPointer(start: nil, count: 0)).line == 1)
  }
}
