import Testing

@testable import Template

@Suite("Text")
struct TextTests {
  @Test("keeps bytes that are no UTF-8, one by one")
  func bytes() {
    let broken: [UInt8] = [0x61, 0xFF, 0xC3, 0xA9, 0xE2, 0x82, 0x62, 0xED, 0xA0, 0x80, 0xF5]
    var pieces: [[UInt8]] = []
    Text.forEachScalar(in: broken) { _, range in pieces.append(Array(broken[range])) }
    #expect(
      pieces == [[0x61], [0xFF], [0xC3, 0xA9], [0xE2], [0x82], [0x62], [0xED], [0xA0], [0x80], [0xF5]])
    #expect(LetterCase.upper(broken) == [0x41, 0xFF, 0xC3, 0x89, 0xE2, 0x82, 0x42, 0xED, 0xA0, 0x80, 0xF5])
  }

  @Test("is not what Swift takes for equal characters")
  func canonicalEquivalence() {
    #expect(
      render(#"{{ {"\u00e9": 1}["e\u0301"] is undefined }} {{ ["\u00e9", "e\u0301"]|unique|length }}"#)
        == "true 2")
    #expect(
      render(#"{{ "e\u0301"|length }} {{ "e\u0301"|reverse == "\u0301e" }} {{ "\r\n"|length }}"#)
        == "2 true 2")
  }

  @Test("is trimmed at both ends, by characters")
  func trimming() {
    func trimmed(_ text: String) -> String {
      let bytes = Array(text.utf8)
      return String(
        decoding: bytes[Text.trimmed(bytes, in: bytes.indices, where: Text.isWhitespace)], as: UTF8.self)
    }
    #expect(trimmed(" \u{00A0}\u{2003}é \u{3000}") == "é")
    #expect(trimmed("   ") == "")
    #expect(trimmed("") == "")
  }

  @Test("prints integers digit by digit", arguments: [0, 7, -7, 10, 1_234_567_890, .max, .min] as [Int64])
  func decimals(_ value: Int64) {
    var bytes: [UInt8] = []
    bytes.append(decimal: value)
    #expect(String(decoding: bytes, as: UTF8.self) == "\(value)")
  }
}
