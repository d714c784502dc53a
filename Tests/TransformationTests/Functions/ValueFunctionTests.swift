import Testing

@testable import Transformation

@Suite("JSON, words and random values")
struct ValueFunctionTests {
  @Test("to_json writes a value on one line and escapes only what it must")
  func toJSON() throws {
    let body = #"{"a": {"z": 1.0, "b": [true, null, "<é>\n"]}, "n": 12345678901234567890123}"#
    #expect(
      try rendered("{{ to_json(a) }}", body: body, parseAs: "AsJson") == #"{"z":1.0,"b":[true,null,"<é>\n"]}"#
    )
    #expect(try rendered("{{ to_json(n) }}", body: body, parseAs: "AsJson") == "12345678901234567890123")
    #expect(try rendered("{{ to_json({'x': [1, 'a\"']}) }}") == #"{"x":[1,"a\""]}"#)
    #expect(try rendered("{{ to_json(undefined_name) }}", body: "{}", parseAs: "AsJson") == "null")
  }

  @Test("from_json reads a text, and its values live as long as they are needed")
  func fromJSON() throws {
    let request = [("x-data", #"{"user": {"id": 7, "tags": ["a", "b"]}}"#)]
    #expect(
      try rendered(
        "{% set d = from_json(header('x-data')) %}{{ d.user.id }} {{ d.user.tags|join }} {{ d.user.items()|length }}",
        request: request) == "7 ab 2")
    #expect(try rendered("{{ from_json('[1, 2]')[1] + from_json('3') }}") == "5")
  }

  @Test("what is not JSON is an error that says where", arguments: ["", "{", "nope", "[1,]", "\u{0}"])
  func notJSON(text: String) throws {
    #expect(
      try rendered("{{ from_json(header('x-data')) }}", request: [("x-data", text)])
        == "failure: request.set[0] rendering_failed")
  }

  @Test("the deepest JSON text can be read, printed and written again")
  func deep() throws {
    let text = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    #expect(try rendered("{{ to_json(from_json(header('x'))) }}", request: [("x", text)]) == text)
    #expect(try rendered("{{ [from_json(header('x'))] }}", request: [("x", text)]) == "[" + text + "]")
  }

  @Test(
    "trim takes white space off both ends",
    arguments: [(" a b ", "a b"), ("\u{a0}é\u{2003}", "é"), ("", ""), ("   ", ""), ("x", "x")])
  func trim(text: String, expected: String) throws {
    #expect(try rendered("<{{ trim(body()) }}>", body: text) == "<\(expected)>")
  }

  @Test(
    "word_count counts what stands between white space",
    arguments: [("a b  c", "3"), ("", "0"), (" \n\t ", "0"), ("one", "1"), (" ä\u{2003}ö ", "2")])
  func wordCount(text: String, expected: String) throws {
    #expect(try rendered("{{ word_count(body()) + 0 }}", body: text) == expected)
  }

  @Test("bytes that are no UTF-8 are words like others")
  func invalidWords() {
    let bytes: [UInt8] = [0x20, 0xFF, 0xC3, 0x20, 0xE2, 0x80]
    bytes.withUnsafeBytes {
      #expect(TextFunctions.wordCount($0) == 2)
      #expect(Array(TextFunctions.trimmed($0)) == [0xFF, 0xC3, 0x20, 0xE2, 0x80])
    }
  }

  @Test("uuid4 has its version and variant, and is never the same")
  func uuid() throws {
    let values = try rendered("{{ uuid4() }} {{ uuid4() }}").split(separator: " ")
    #expect(values.count == 2 && values[0] != values[1])
    let pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
    for value in values {
      #expect(try rendered("{{ regex_match('\(value)', '\(pattern)') }}") == "true", "\(value)")
    }
    var zeros: [UInt8] = []
    RandomFunctions.appendUUID(of: [UInt8](repeating: 0, count: 16), to: &zeros)
    #expect(String(decoding: zeros, as: UTF8.self) == "00000000-0000-4000-8000-000000000000")
  }

  @Test("what is no text is what it prints to functions of text")
  func noTexts() throws {
    #expect(
      try rendered(
        "{{ substring(none, 1) }} {{ trim(nope) }}|{{ base64_encode(12) }} {{ word_count([1, 2]) }}",
        body: "{}",
        parseAs: "AsJson")
        == "one |MTI= 2")
  }

  @Test("functions are values, whatever fields a body has")
  func functionValues() throws {
    let template =
      "{% set f = header %}{{ f('x-user') }} {% set all = {'b': body, 'cut': substring} %}{{ all.cut(all.b(), start=2, len=4) }} {{ header }}"
    #expect(
      try rendered(
        template, body: #"{"header": "field"}"#, parseAs: "AsJson",
        request: [(":path", "/"), ("x-user", "ann")])
        == "ann head field")
  }

  @Test("a header that only a value names, and the body, are there for it")
  func needsOfFunctionValues() throws {
    let needs = try loaded(
      #"{"request":{"set":[{"name":"x-a","value":"{% with f = header, b = body %}{{ f('x') }}{{ b() }}{% endwith %}"}]}}"#
    ).transformations["default"]?.needs.request
    #expect(needs?.readsAnyHeader == true && needs?.body == true)
  }

  @Test("a function and a JSON field may have the same name")
  func sameName() throws {
    #expect(
      try rendered(
        "{{ now }} {{ query }} {{ trim(trim) }}", body: #"{"now": 1, "query": "q", "trim": " t "}"#,
        parseAs: "AsJson")
        == "1 q t")
  }
}
