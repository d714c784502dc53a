import JSON
import Testing

struct WriterTests {
  @Test("a text is escaped as serde_json does: quote, backslash and controls, nothing else")
  func escapes() {
    let text = "\"\\/\u{08}\u{0c}\n\r\t\u{0}\u{1b}\u{1f}\u{7f}é€😀<>&'\u{2028}"
    #expect(
      written { JSONWriter.appendString(text, to: &$0) }
        == #""\"\\/\b\f\n\r\t\u0000\u001b\u001f"# + "\u{7f}é€😀<>&'\u{2028}\"")
    #expect(written { JSONWriter.appendEscaped(Array("a\"b".utf8), to: &$0) } == #"a\"b"#)
    #expect(written { JSONWriter.appendEscaped([], to: &$0) } == "")
    #expect(written { JSONWriter.appendString([], to: &$0) } == "\"\"")
  }

  @Test("every ASCII character at every place of a word reads back")
  func escapesReadBack() throws {
    for length in 0...20 {
      for byte in 0..<UInt8(0x80) {
        for position in 0..<length {
          var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
          text[position] = byte
          var output: [UInt8] = []
          JSONWriter.appendString(text, to: &output)
          if try JSONDocument.index(owning: output).root.string != text { Issue.record("\(text)") }
        }
      }
    }
  }

  static let malformed: [([UInt8], String)] = [
    ([0xff], "\u{fffd}"), ([0x61, 0x80, 0x62], "a\u{fffd}b"), ([0xc3], "\u{fffd}"),
    ([0xe2, 0x82], "\u{fffd}"),
    ([0xe2, 0x82, 0x41], "\u{fffd}A"), ([0xf0, 0x9f, 0x98], "\u{fffd}"), ([0xc0, 0xaf], "\u{fffd}\u{fffd}"),
    ([0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
    ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
    ([0xff, 0x22], "\u{fffd}\\\""), ([0xc3, 0xa9, 0xe2], "é\u{fffd}"),
  ]

  @Test("bytes that are not UTF-8 become U+FFFD, one for each broken start", arguments: malformed)
  func replacesMalformed(text: [UInt8], expected: String) {
    #expect(written { JSONWriter.appendEscaped(text, to: &$0) } == expected)
    #expect(expected.contains("\\") || String(decoding: text, as: UTF8.self) == expected)
  }

  @Test("whatever bytes go in, valid JSON comes out")
  func anyBytes() {
    let likely: [UInt8] = [0x61, 0x22, 0x5c, 0x0a, 0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0xff]
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 0...24, using: &generator) {
        text.append(likely[Int.random(in: 0..<likely.count, using: &generator)])
      }
      var output: [UInt8] = []
      JSONWriter.appendString(text, to: &output)
      let lossy = Array(String(decoding: text, as: UTF8.self).utf8)
      if ReferenceParser.parse(output) != .string(lossy) { Issue.record("\(text)") }
    }
  }

  @Test("integers are written in decimal")
  func integers() {
    #expect(written { JSONWriter.append(0, to: &$0) } == "0")
    #expect(written { JSONWriter.append(-7, to: &$0) } == "-7")
    #expect(written { JSONWriter.append(1200, to: &$0) } == "1200")
    #expect(written { JSONWriter.append(Int128(-5), to: &$0) } == "-5")
    #expect(
      written { JSONWriter.append(10_000_000_000_000_000_000 as Int128, to: &$0) } == "10000000000000000000")
    #expect(written { JSONWriter.append(Int64.min, to: &$0) } == "-9223372036854775808")
    #expect(written { JSONWriter.append(UInt64.max, to: &$0) } == "18446744073709551615")
    #expect(written { JSONWriter.append(Int128.min, to: &$0) } == "-170141183460469231731687303715884105728")
    #expect(written { JSONWriter.append(Int128.max, to: &$0) } == "170141183460469231731687303715884105727")
  }

  static let doubles: [(Double, String)] = [
    (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1.5, "-1.5"), (0.1, "0.1"), (0.7, "0.7"), (100, "100.0"),
    (123.456, "123.456"),
    (1e15, "1000000000000000.0"), (1e16, "1e16"), (1.5e16, "1.5e16"),
    (1_234_567_890_123_456, "1234567890123456.0"),
    (12_345_678_901_234_568, "1.2345678901234568e16"), (123_456_789_012_345.6, "123456789012345.6"),
    (1e100, "1e100"),
    (1.25e100, "1.25e100"), (1e-5, "0.00001"), (1.5e-5, "0.000015"), (1e-6, "1e-6"), (1.5e-7, "1.5e-7"),
    (0.00012, "0.00012"),
    (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e308"),
    (0.30000000000000004, "0.30000000000000004"),
    (9_007_199_254_740_992, "9007199254740992.0"), (1010, "1010.0"), (10.01, "10.01"), (1e21, "1e21"),
    (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
  ]

  @Test("doubles are written as serde_json writes them", arguments: doubles)
  func writesDouble(number: Double, expected: String) {
    #expect(written { JSONWriter.append(number, to: &$0) } == expected)
  }

  @Test("every double reads back as itself")
  func doublesReadBack() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<5000 {
      let number = Double(bitPattern: generator.next())
      guard number.isFinite else { continue }
      let text = written { JSONWriter.append(number, to: &$0) }
      #expect(try document(text).root.double?.bitPattern == number.bitPattern)
    }
  }

  @Test("literals are written")
  func literals() {
    let text = written { output in
      JSONWriter.append(true, to: &output)
      JSONWriter.append(false, to: &output)
      JSONWriter.appendNull(to: &output)
    }
    #expect(text == "truefalsenull")
  }

  static let spaced =
    "\r\n{ \"z\" : [ 1.50 , 1e+2 , [ ] , { \t } ] ,\n \"a\\u0062\" : \" a , b : [ ] \\\" \" , \"a\" : null , \"a\" : { \"b\" : true } } "

  @Test("a value is written without space, with its order, its spellings and its repeated names")
  func compact() throws {
    let root = try document(Self.spaced).root
    #expect(
      root.compact
        == #"{"z":[1.50,1e+2,[],{}],"a\u0062":" a , b : [ ] \" ","a":null,"a":{"b":true}}"#)
    #expect(root.member("z")?.compact == "[1.50,1e+2,[],{}]")
    #expect(root.member("z")?.element(at: 1)?.compact == "1e+2")
    #expect(root.member("a")?.compact == #"{"b":true}"#)
  }

  @Test("a value is written with a line for each child, as serde_json's pretty form")
  func pretty() throws {
    let root = try document(Self.spaced).root
    #expect(
      root.pretty == """
        {
          "z": [
            1.50,
            1e+2,
            [],
            {}
          ],
          "a\\u0062": " a , b : [ ] \\" ",
          "a": null,
          "a": {
            "b": true
          }
        }
        """)
    #expect(try document(" [ ] ").root.pretty == "[]")
    #expect(try document(" 1.0 ").root.pretty == "1.0")
  }

  @Test("a pretty value can stand inside other lines")
  func prettyInside() throws {
    let root = try document("[1,{\"a\":2}]").root
    let output = written { JSONWriter.appendPretty(root, spaces: 4, depth: 1, to: &$0) }
    #expect(output == "[\n        1,\n        {\n            \"a\": 2\n        }\n    ]")
  }

  @Test("an absurd indentation is bounded")
  func prettyBounded() throws {
    let root = try document("[1]").root
    #expect(
      written { JSONWriter.appendPretty(root, spaces: Int.max, to: &$0) }
        == "[\n" + String(repeating: " ", count: 64) + "1\n]")
    #expect(written { JSONWriter.appendPretty(root, spaces: -1, to: &$0) } == "[\n1\n]")
  }
}
