import Testing

@testable import JSON

@Suite("Repeated keys")
struct RepeatTests {
  @Test(
    "are one member: in the place of the first, with the value of the last",
    arguments: [
      (#"{"a": 1, "b": 2, "a": 3}"#, "a=3 b=2"), (#"{"a": 1, "a": [2], "a": {"c": 3}}"#, #"a={"c": 3}"#),
      (#"{"a": {"x": 1}, "b": [1, 2], "a": 2, "b": 3, "c": 4}"#, "a=2 b=3 c=4"),
      (#"{"a": 1, "\u0061": 2}"#, "a=2"), (#"{"\u0061": 1, "a": 2}"#, "a=2"),
      (#"{"\u00e9\n": 1, "é\u000a": 2}"#, "é\n=2"), (#"{"": 1, "": 2}"#, "=2"), ("{}", ""),
      (#"{"a": 1, "A": 2}"#, "a=1 A=2"), (#"{"a\u0000": 1, "a": 2}"#, "a\u{0}=1 a=2"),
    ])
  func members(text: String, expected: String) throws {
    let root = try document(text).root
    let shown = root.children.map { "\($0.key?.text ?? "-")=\($0.value.spelling)" }
    #expect(shown.joined(separator: " ") == expected)
    #expect(root.distinctCount == shown.count)
    for (key, value) in root.children {
      #expect(root.member(key?.text ?? "-")?.spelling == value.spelling)
    }
  }

  @Test("are found in objects of every size", arguments: [2, 7, 8, 9, 10, 63, 64, 65, 66, 1000])
  func sizes(count: Int) throws {
    let keys = (0..<count).map { "\"key \($0)\": \($0)" }
    let once = try document("{\(keys.joined(separator: ", "))}").root
    #expect(once.distinctCount == count && once.repeatedKeyOffset == nil)
    #expect(once.children.map(\.value.int64) == (0..<count).map { Int64($0) })
    let again = keys + [#""\u006bey 1": -1"#]
    let text = "{\(again.joined(separator: ", "))}"
    let twice = try document(text).root
    for _ in 0..<2 {
      #expect(twice.distinctCount == count)
      #expect(twice.children.map(\.value.int64) == (0..<count).map { $0 == 1 ? -1 : Int64($0) })
    }
    #expect(twice.childrenAsWritten.map { _ in true }.count == count + 1)
    #expect(twice.repeatedKeyOffset == text.utf8.count - again[count].utf8.count - 1)
  }

  @Test(
    "are found at any depth",
    arguments: [
      (#"{"a": [{"b": 1}, {"c": {"d": 1, "d": 2}}]}"#, 32), (#"[{}, {"a": 1, "b": 2, "a": 3}]"#, 22),
      (#"{"a": {"a": {"a": 1}}, "b": {"a": 1}}"#, nil), (#"["a", "a"]"#, nil), (#""a""#, nil), ("1", nil),
      // Objects are looked at from the outside inwards.
      (#"{"a": {"x": 1, "x": 2}, "a": 1}"#, 24),
    ])
  func depth(text: String, offset: Int?) throws {
    #expect(try document(text).root.repeatedKeyOffset == offset)
  }

  @Test("count in the value that is asked only")
  func parts() throws {
    let root = try document(#"{"a": {"x": 1, "x": 2}, "b": {"y": 1}}"#).root
    #expect(root.member("b")?.repeatedKeyOffset == nil)
    #expect(root.member("a")?.repeatedKeyOffset == 15)
  }

  @Test("are none once the text is forgotten")
  func invalidation() throws {
    let keys = (0..<100).map { "\"\($0 / 2)\": 0" }.joined(separator: ",")
    let document = try document("{\(keys)}")
    let root = document.root
    #expect(root.distinctCount == 50)
    document.invalidate()
    #expect(root.distinctCount == 0 && root.repeatedKeyOffset == nil)
  }
}
