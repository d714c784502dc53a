import JSON
import Testing

struct DocumentTests {
  @Test("a document of every kind tells its kinds")
  func kinds() throws {
    let root = try document(#"[null, true, false, 1, "s", [], {}]"#).root
    #expect(root.children.map(\.value.kind) == [.null, .true, .false, .number, .string, .array, .object])
    #expect(root.kind == .array)
    #expect(root.count == 7)
  }

  @Test("a member is found by its decoded name, and the last of repeated names wins")
  func members() throws {
    let root = try document(#"{"a": 1, "b": {"a": 2}, "a": 3, "caf\u00e9": 4, "naïve-long-name": 5, "": 6}"#)
      .root
    #expect(root.member("a")?.int64 == 3)
    #expect(root.member("b")?.member("a")?.int64 == 2)
    #expect(root.member("café")?.int64 == 4)
    #expect(root.member("naïve-long-name")?.int64 == 5)
    #expect(root.member("")?.int64 == 6)
    #expect(root.member("c") == nil)
    #expect(root.member("caf") == nil)
    #expect(root.count == 6)
  }

  @Test("names in an object that differ only in escapes are the same name")
  func escapedNames() throws {
    let root = try document(#"{"\u0061\ud83d\ude00b": 1, "\n": 2}"#).root
    #expect(root.member("a😀b")?.int64 == 1)
    #expect(root.member("\n")?.int64 == 2)
    #expect(root.member("a😀") == nil)
    #expect(root.member("a😀bc") == nil)
    #expect(root.member("b😀b") == nil)
    #expect(root.member(#"\n"#) == nil)
  }

  @Test("elements are found by position, among scalars and among containers")
  func elements() throws {
    let root = try document(#"{"flat": [10, 11, 12], "nested": [[1, [2]], {"k": [3]}, 4], "none": []}"#).root
    let flat = try #require(root.member("flat"))
    #expect((0..<3).map { flat.element(at: $0)?.int64 } == [10, 11, 12])
    let nested = try #require(root.member("nested"))
    #expect(nested.element(at: 0)?.element(at: 1)?.element(at: 0)?.int64 == 2)
    #expect(nested.element(at: 1)?.member("k")?.count == 1)
    #expect(nested.element(at: 2)?.int64 == 4)
  }

  @Test(
    "an element that is not there is nil", arguments: [-1, 3, 4, Int.max, Int.min, 1 << 31, 1 << 32])
  func elementsOutOfRange(position: Int) throws {
    let root = try document("[1, 2, 3]").root
    #expect(root.element(at: position) == nil)
    #expect(try document("[[], 2, 3]").root.element(at: position) == nil)
    #expect(try document("{\"a\": 1}").root.element(at: position) == nil)
    #expect(try document("7").root.element(at: position) == nil)
  }

  @Test("what a value is not, is nil or empty", arguments: ["null", "true", "12", "\"text\"", "[]", "{}"])
  func wrongKinds(text: String) throws {
    let root = try document(text).root
    #expect(root.member("a") == nil)
    #expect(root.element(at: 0) == nil)
    #expect(root.count == 0)
    #expect(root.children.map(\.value).isEmpty)
    if root.kind != .number {
      #expect(root.int64 == nil)
      #expect(root.int128 == nil)
      #expect(root.double == nil)
      #expect(!root.isInteger)
    }
    if root.kind != .string {
      #expect(root.string == nil)
      #expect(root.rawString == nil)
      #expect(!root.isString(""))
      #expect(!root.isString(text))
      #expect(written { root.appendString(to: &$0) } == "")
    }
  }

  @Test("children come in the order of the text, with their names, as they were written repeated ones too")
  func childrenInOrder() throws {
    let root = try document(#"{"z": [1, {"y": 2}], "a": {}, "z": "s"}"#).root
    let written = root.childrenAsWritten
    #expect(written.map { $0.key?.text } == ["z", "a", "z"])
    #expect(written.map(\.value.spelling) == [#"[1, {"y": 2}]"#, "{}", "\"s\""])
    #expect(root.children.map(\.value.spelling) == ["\"s\"", "{}"])
    let array = try #require(written.first { _ in true }?.value)
    #expect(array.children.map { $0.key?.text } == [nil, nil])
    #expect(array.children.map(\.value.spelling) == ["1", #"{"y": 2}"#])
  }

  @Test("a value's source is its exact spelling, without the space around it")
  func source() throws {
    let root = try document(" { \"a\" : [ 1.50 , -0e+00 ] , \"b\\u0020\" : \"\\/\" } ").root
    #expect(root.spelling == "{ \"a\" : [ 1.50 , -0e+00 ] , \"b\\u0020\" : \"\\/\" }")
    #expect(root.member("a")?.spelling == "[ 1.50 , -0e+00 ]")
    #expect(root.member("a")?.element(at: 0)?.spelling == "1.50")
    #expect(root.member("a")?.element(at: 1)?.spelling == "-0e+00")
    #expect(root.member("b ")?.spelling == "\"\\/\"")
  }

  @Test("after invalidation every value reads as null")
  func invalidation() throws {
    let document = try document(#"{"a": [1, 2], "s": "t\n", "n": 5}"#)
    let root = document.root
    let array = try #require(root.member("a"))
    let string = try #require(root.member("s"))
    let number = try #require(root.member("n"))
    var halfway = root.children
    _ = halfway.next()
    document.invalidate()
    document.invalidate()
    for value in [root, array, string, number, document.root] {
      #expect(value.kind == .null)
      #expect(value.spelling == "null")
      #expect(value.compact == "null")
      #expect(value.pretty == "null")
      #expect(value.count == 0)
      #expect(value.member("a") == nil)
      #expect(value.element(at: 0) == nil)
      #expect(value.string == nil)
      #expect(!value.hasEscapes)
      #expect(!value.isString("t\n"))
      #expect(value.double == nil)
      #expect(value.children.map(\.value).isEmpty)
    }
    #expect(halfway.next()?.value == nil)
  }

  @Test("a borrowed text is read where it is")
  func borrowing() throws {
    let text = Array(#"{"model": "gpt"}"#.utf8)
    try text.withUnsafeBytes { bytes in
      let document = try JSONDocument.index(bytes)
      let model = try #require(document.root.member("model"))
      #expect(model.source.baseAddress == bytes.baseAddress.map { $0 + 10 })
      #expect(model.text == "gpt")
      document.invalidate()
      #expect(model.kind == .null)
    }
  }

  @Test("the index grows beyond its first estimate")
  func growth() throws {
    let count = 10_000
    let dense = try document("[" + Array(repeating: "[]", count: count).joined(separator: ",") + "]")
    #expect(dense.root.count == count)
    #expect(dense.root.children.allSatisfy { $0.value.kind == .array && $0.value.count == 0 })
    let digits = try document("[" + (0..<count).map { String($0 % 10) }.joined(separator: ",") + "]")
    #expect(digits.root.element(at: count - 1)?.int64 == 9)
    #expect(digits.root.children.reduce(0) { $0 + ($1.value.int64 ?? 0) } == Int64(count / 10 * 45))
  }

  @Test("siblings of nested containers keep their counts")
  func nestedCounts() throws {
    let root = try document(#"[1, {"a": [1, 2, 3], "b": [[], [[]]]}, [2, 3], 4]"#).root
    #expect(root.count == 4)
    #expect(root.element(at: 1)?.count == 2)
    #expect(root.element(at: 1)?.member("a")?.count == 3)
    #expect(root.element(at: 1)?.member("b")?.count == 2)
    #expect(root.element(at: 2)?.count == 2)
    #expect(root.element(at: 3)?.int64 == 4)
  }
}
