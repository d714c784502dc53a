import JSON
import Testing

/// The indexer, which reads words, against the reference, which reads bytes: they must agree on every text, on what is
/// valid and on what it says.
struct AgreementTests {
  /// Records an issue unless both parsers agree; with the text in a buffer of exactly its size, so that a read beyond
  /// it is found by the address sanitizer.
  static func compare(_ text: [UInt8]) {
    let expected = ReferenceParser.parse(text)
    let found: ReferenceParser.Tree?
    do {
      let document = try JSONDocument.index(owning: text)
      found = tree(document.root)
      // Compact and pretty forms say the same.
      if ReferenceParser.parse(Array(document.root.compact.utf8)) != expected
        || ReferenceParser.parse(Array(document.root.pretty.utf8)) != expected
      {
        Issue.record("written differently: \(String(decoding: text, as: UTF8.self).debugDescription)")
      }
    } catch {
      found = nil
      if error.offset < 0 || error.offset > text.count { Issue.record("offset \(error.offset) in \(text)") }
    }
    if found != expected {
      Issue.record("\(String(decoding: text, as: UTF8.self).debugDescription): \(String(describing: found))")
    }
  }

  static func tree(_ value: JSONValue) -> ReferenceParser.Tree {
    switch value.kind {
    case .null: .null
    case .true: .bool(true)
    case .false: .bool(false)
    case .number: .number(value.spelling)
    case .string: .string(value.string ?? [])
    case .array: .array(value.children.map { tree($0.value) })
    case .object:
      .object(
        value.childrenAsWritten.map {
          ReferenceParser.Member(key: $0.key?.string ?? [], value: tree($0.value))
        })
    }
  }

  @Test("every kind of byte at every place of strings up to 40 bytes long", arguments: 0...40)
  func bytesInStrings(length: Int) {
    let specials: [[UInt8]] = [
      [0x22], [0x5c], [0x00], [0x1f], [0x20], [0x21], [0x23], [0x5b], [0x5d], [0x7f], [0x80], [0xff], [0x0a],
      Array("\\n".utf8), Array("\\\"".utf8), Array("\\u00e9".utf8), Array("\\ud83d\\ude00".utf8),
      Array("\\ud83d".utf8),
      Array("é".utf8), Array("€".utf8), Array("😀".utf8), [0xe2, 0x82], [0xc0, 0x80], [0xed, 0xa0, 0x80],
    ]
    for position in 0...length {
      for special in specials {
        var content = [UInt8](repeating: UInt8(ascii: "a"), count: length)
        content.replaceSubrange(position..<min(position + special.count, length), with: special)
        Self.compare([0x22] + content + [0x22])
        Self.compare([0x7b, 0x22] + content + [0x22, 0x3a, 0x31, 0x7d])
        Self.compare(Array("[\"".utf8) + content + Array("\", \"next string, long enough for words\"]".utf8))
        Self.compare([0x22] + content)
      }
    }
  }

  @Test("every pair of bytes beside a quote, where a borrow could mark the wrong byte")
  func pairsOfBytes() {
    for first in UInt8.min...UInt8.max {
      for second in [0x00, 0x01, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xff] as [UInt8]
      {
        Self.compare([0x22, 0x61, first, second, 0x61, 0x61, 0x61, 0x61, 0x61, 0x22])
        Self.compare([0x22, 0x61, second, first, 0x61, 0x61, 0x61, 0x61, 0x61, 0x22])
      }
    }
  }

  @Test("white space of every length between all tokens", arguments: 0...20)
  func whiteSpace(length: Int) {
    for space in [" ", "\n", "\t", "\r\n", " \n"] {
      let gap = String(repeating: space, count: length)
      let tokens = ["{", "\"a\"", ":", "[", "1", ",", "true", "]", ",", "\"b\"", ":", "{", "}", "}"]
      Self.compare(Array((gap + tokens.joined(separator: gap) + gap).utf8))
      Self.compare(Array((gap + "[" + gap + "\u{0b}" + gap + "]").utf8))
    }
  }

  static let samples = [
    #"{"model": "gpt-4o-mini", "messages": [{"role": "system", "content": "You are a \"helpful\" assistant.\n"}, {"role": "user", "content": "Grüße, 世界 😀!"}], "temperature": 0.7, "max_tokens": 512, "stream": false, "tags": ["demo", null]}"#,
    #"[0, -1, 12.5, 1e10, -0.0E-3, 123456789012345678901234567890, true, false, null, [], {}, [[[]]], {"a": {"b": {}}}]"#,
    #"["\u00e9\ud83d\ude00\\\/\b\f\n\r\t", "", "\u0000", "éàü", "日本語テキスト", "😀😀"]"#,
    "{\n  \"pretty\": {\n    \"indented\": [\n      1,\n      2\n    ]\n  },\n  \"end\": \"\"\n}\n",
  ].map { Array($0.utf8) }

  @Test("a sample cut off at any byte", arguments: samples)
  func prefixes(sample: [UInt8]) {
    for length in 0...sample.count { Self.compare(Array(sample.prefix(length))) }
  }

  @Test("thousands of random changes to samples", arguments: 0..<4)
  func mutations(round: Int) {
    var generator = SeededGenerator(seed: UInt64(round))
    for _ in 0..<2000 {
      var text = Self.samples[Int.random(in: 0..<Self.samples.count, using: &generator)]
      for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&text, using: &generator) }
      Self.compare(text)
    }
  }

  private func mutate(_ text: inout [UInt8], using generator: inout SeededGenerator) {
    guard !text.isEmpty else { return }
    let position = Int.random(in: 0..<text.count, using: &generator)
    let likely = Array("\"\\{}[]:,0-.eEun \n\u{1f}é€😀".utf8) + [0xff, 0xc0]
    let byte = likely.randomElement(using: &generator) ?? 0
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: text[position] = byte
    case 1: text[position] = UInt8.random(in: 0...255, using: &generator)
    case 2: text.insert(byte, at: position)
    case 3: text.remove(at: position)
    case 4: text.removeSubrange(position..<min(text.count, position + 9))
    default:
      let run = text[position..<min(text.count, position + Int.random(in: 1...20, using: &generator))]
      text.insert(contentsOf: run, at: Int.random(in: 0...text.count, using: &generator))
    }
  }
}
