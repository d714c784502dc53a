import JSON
import Testing

struct StringTests {
  static let decoded: [(spelling: String, text: String)] = [
    (#""""#, ""),
    (#""plain""#, "plain"),
    (#""longer than one word of eight bytes""#, "longer than one word of eight bytes"),
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0c}\n\r\t"),
    (#""a\nb\nc""#, "a\nb\nc"),
    (#""\u0041\u00e9\u20AC""#, "Aé€"),
    (#""\ud83d\ude00\uD83D\uDE00""#, "😀😀"),
    (#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
    (#""\u0000""#, "\u{0}"),
    (#""é€😀 mixed \u00e9""#, "é€😀 mixed é"),
    (#""\\u0041""#, "\\u0041"),
  ]

  @Test("a string is decoded", arguments: decoded)
  func decodes(sample: (spelling: String, text: String)) throws {
    let value = try document(sample.spelling).root
    #expect(value.text == sample.text)
    #expect(value.hasEscapes == sample.spelling.contains("\\"))
    #expect(written { value.appendString(to: &$0) } == sample.text)
    #expect(value.isString(sample.text))
    #expect(!value.isString(sample.text + "x"))
    #expect(!value.isString("x" + sample.text))
    #expect(sample.text.isEmpty || !value.isString(String(sample.text.unicodeScalars.dropLast())))
    #expect(
      value.rawString.map { String(decoding: $0, as: UTF8.self) }
        == String(sample.spelling.dropFirst().dropLast()))
  }

  @Test("a string is appended to what is there")
  func appends() throws {
    let root = try document(#"["b\tc", "d"]"#).root
    let output = written { output in
      output += "a".utf8
      for child in root.children { child.value.appendString(to: &output) }
    }
    #expect(output == "ab\tcd")
  }

  @Test("strings of equal length that differ in one byte are not equal, wherever it is")
  func equalityAtEveryPosition() throws {
    for length in 1...20 {
      let text = String(repeating: "a", count: length)
      let value = try document("\"\(text)\"").root
      #expect(value.isString(text))
      for position in 0..<length {
        var other = Array(text.utf8)
        other[position] = UInt8(ascii: "b")
        #expect(!other.withUnsafeBytes { value.isString($0) })
      }
    }
  }
}
