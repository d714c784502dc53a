import Testing
import Transformation

@testable import ConfigurationFiles

@Suite("places inside YAML scalars")
struct ScalarPlacesTests {
  /// `@` marks in `yaml` where the `@` of the value is expected.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let yaml: String
    let value: String

    init(_ name: String, _ yaml: String, _ value: String) {
      testDescription = name
      self.yaml = yaml
      self.value = value
    }
  }

  static let cases = [
    Case("plain", "v: ab @ c", "ab @ c"),
    Case("plain in a flow mapping", "{v: ab@c, w: 1}", "ab@c"),
    Case("plain over two lines", "v: ab\n  cd @\n", "ab cd @"),
    Case("plain over an empty line", "v: ab   \n\n\n   cd@ # no\n", "ab\n\ncd@"),
    Case("plain after characters of more than one byte", "v: é漢😀 @", "é漢😀 @"),
    Case("single quotes", "v: 'a''b@'", "a'b@"),
    Case("single quotes over lines", "v: 'a \n\n  b@'\n", "a\nb@"),
    Case("double quotes", "v: \"a\\\"b@c\"", "a\"b@c"),
    Case(
      "every escape", #"v: "\0\a\b\t\n\v\f\r\e\ \/\\\N\_\L\P\x41\u00e9\U0001F600@""#,
      "\0\u{07}\u{08}\t\n\u{0B}\u{0C}\r\u{1B} /\\\u{85}\u{A0}\u{2028}\u{2029}Aé😀@"),
    Case("double quotes over lines", "v: \"a \t\n   b@\"\n", "a b@"),
    Case("an escaped line break", "v: \"a \\\n   b\\\n\n  c@\"\n", "a b\nc@"),
    Case("a CRLF in quotes", "v: \"a\r\n   b@\"\r\n", "a b@"),
    Case("a literal block", "v: |\n  a\n   b@\n", "a\n b@\n"),
    Case("a literal block with empty lines", "v: |\n\n  a\n\n\n  b@\n", "\na\n\n\nb@\n"),
    Case("a literal block, stripped", "v: |-  # why\n  a@\n\n\nw: 1\n", "a@"),
    Case("a literal block, kept", "v: |+\n  a@\n\n\nw: 1\n", "a@\n\n\n"),
    Case("a literal block with its indent given", "v: |2\n    a\n  b@\n", "  a\nb@\n"),
    Case("a literal block with indent and chomping", "w:\n  v: |-1\n     a\n    b@\n", "  a\n b@"),
    Case(
      "a literal block in a list", "v:\n- |\n  {% if a %}\n  @\n  {% endif %}\n",
      "{% if a %}\n@\n{% endif %}\n"),
    Case("a literal block with CRLF", "v: |\r\n  a\r\n  b@\r\n", "a\nb@\n"),
    Case("a literal block without a last line feed", "v: |\n  a@", "a@"),
    Case("a folded block", "v: >\n  a\n  b@\n\n  c\n", "a b@\nc\n"),
    Case(
      "a folded block with lines indented more", "v: >-\n  a\n    b\n\n    c\n  d@\n  e\n",
      "a\n  b\n\n  c\nd@ e"),
    Case("behind an anchor and a tag", "v: &x !!str 'a@'", "a@"),
  ]

  @Test("point at the same character in the text", arguments: cases)
  func character(_ test: Case) throws {
    let string = try #require(firstString(of: try YAMLReader.read(test.yaml)))
    #expect(string.value == test.value)
    let place = try #require(string.place)
    let scalars = Array(test.yaml.unicodeScalars)
    let mark = try #require(scalars.firstIndex(of: "@"))
    let offset = try #require(Array(test.value.unicodeScalars).firstIndex(of: "@"))
    #expect(place(offset) == YAMLText(test.yaml).location(at: mark))
  }

  @Test("are known for every character and the end, and rise", arguments: cases)
  func allCharacters(_ test: Case) throws {
    let string = try #require(firstString(of: try YAMLReader.read(test.yaml)))
    let place = try #require(string.place)
    var last = SourceLocation(line: 0, column: 0)
    for offset in 0...test.value.unicodeScalars.count {
      let next = try #require(place(offset))
      #expect((last.line, last.column) < (next.line, next.column), "character \(offset)")
      last = next
    }
    #expect(place(test.value.unicodeScalars.count + 1) == nil)
    #expect(place(-1) == nil)
  }

  @Test("of an empty string are its start")
  func empty() throws {
    for yaml in ["v: ''", "v: \"\"", "v: !!str", "v: |\n\nw: 1", "v: >-\n"] {
      let string = try #require(firstString(of: try YAMLReader.read(yaml)), "\(yaml)")
      #expect(string.place?(0)?.line == (yaml.contains("\n") ? 2 : 1))
    }
  }

  @Test("are unknown when the text does not give the value")
  func mismatch() {
    let text = YAMLText("v: \"abc\"")
    for style in [ScalarPlaces.Style.plain, .singleQuoted, .doubleQuoted, .literal, .folded] {
      #expect(ScalarPlaces.find("abd", style: style, from: 3, in: text) == nil)
      #expect(ScalarPlaces.find("abc", style: style, from: 99, in: text) == nil)
      #expect(ScalarPlaces.find("abc", style: style, from: -1, in: text) == nil)
    }
  }

  /// The value of the first `v`.
  private func firstString(of node: ConfigurationNode) -> ConfigurationString? {
    switch node {
    case .string(let string): return string
    case .sequence(let elements, _): return elements.lazy.compactMap(firstString).first
    case .mapping(let members, _): return members.lazy.compactMap { firstString(of: $0.value) }.first
    case .null, .bool, .number: return nil
    }
  }
}
