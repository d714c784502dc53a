import Testing
import Transformation

@testable import ConfigurationFiles

@Suite("YAML becomes a tree with places")
struct YAMLReaderTests {
  @Test(
    "a plain scalar is what YAML 1.2 says, not what YAML 1.1 said",
    arguments: [
      ("yes", "'yes'"), ("NO", "'NO'"), ("on", "'on'"), ("True", "'True'"), ("0x10", "'0x10'"),
      ("010", "'010'"),
      ("1_000", "'1_000'"), ("2001-01-01", "'2001-01-01'"), (".5", "'.5'"), ("1.", "'1.'"), ("+1", "'+1'"),
      ("-a", "'-a'"),
      ("=", "'='"), ("true", "true"), ("false", "false"), ("null", "null"), ("~", "null"), ("", "null"),
      ("1", "1"),
      ("1.10", "1.10"), ("-0.5e+3", "-0.5e+3"), ("\"1\"", "'1'"), ("'true'", "'true'"), ("!!str 1", "'1'"),
      ("! 1", "'1'"),
      ("!!int 1", "1"), ("!!null ''", "null"),
    ])
  func scalars(_ yaml: String, _ expected: String) throws {
    #expect(try describe("v: \(yaml)") == "{v: \(expected)}")
  }

  @Test(
    "an empty file, or one of comments, is null",
    arguments: ["", "\n\n", "# nothing\n", "---\n...\n"])
  func emptyFile(_ yaml: String) throws {
    #expect(try describe(yaml) == "null")
  }

  @Test("members keep their order, and places are those of the values")
  func places() throws {
    let node = try YAMLReader.read("b:\n  - x\n  - 'y'\na: {c: \"z\"}\n")
    #expect(describe(node) == "{b: ['x', 'y'], a: {c: 'z'}}")
    guard case .mapping(let members, let location) = node,
      case .sequence(let elements, let list) = members[0].value
    else { throw Unexpected() }
    #expect(location == SourceLocation(line: 1, column: 1))
    #expect(list == SourceLocation(line: 2, column: 3))
    #expect(
      elements.map(\.location) == [SourceLocation(line: 2, column: 5), SourceLocation(line: 3, column: 5)])
    #expect(members[1].key.location == SourceLocation(line: 4, column: 1))
  }

  @Test("an anchor and a tag are no part of a value's place")
  func properties() throws {
    let node = try YAMLReader.read("v: !!str &a\n  # why\n  text\n")
    guard case .mapping(let members, _) = node else { throw Unexpected() }
    #expect(members[0].value.location == SourceLocation(line: 3, column: 3))
  }

  @Test("an alias stands for its anchor, and a merge key fills in what is missing")
  func aliases() throws {
    #expect(try describe("a: &x {k: 1, l: 2}\nb: *x\n") == "{a: {k: 1, l: 2}, b: {k: 1, l: 2}}")
    #expect(
      try describe("a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x}\n") == "{a: {k: 1, l: 2}, b: {l: 3, k: 1}}")
    #expect(
      try describe("a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}\n")
        == "{a: {k: 1}, b: {k: 2, l: 2}, c: {k: 1, l: 2}}")
    #expect(try describe("'<<': 1\n") == "{<<: 1}")
  }

  @Test("what is wrong is told with its place", arguments: Fault.all)
  func faults(_ fault: Fault) {
    do throws(Diagnostic) {
      Issue.record("read: \(describe(try YAMLReader.read(fault.yaml)))")
    } catch {
      #expect(error.location == SourceLocation(line: fault.line, column: fault.column), "\(error.message)")
      #expect(error.message == fault.message)
    }
  }

  @Test("aliases of aliases end at a limit")
  func bomb() {
    var yaml = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (name, last) in zip("bcdefghij", "abcdefghi") {
      yaml += "\(name): &\(name) [\(Array(repeating: "*\(last)", count: 10).joined(separator: ","))]\n"
    }
    #expect(throws: Diagnostic.self) { try YAMLReader.read(yaml) }
  }

  @Test("a short text cannot ask for many values by aliases")
  func aliasBomb() throws {
    let levels = ["b", "c", "d", "e", "f"].map { name in
      let last = Character(Unicode.Scalar(name.utf8.first.map { $0 - 1 } ?? 0))
      return "\(name): &\(name) [" + Array(repeating: "*\(last)", count: 9).joined(separator: ", ") + "]"
    }
    let text = (["a: &a [x, x, x, x, x, x, x, x, x]"] + levels).joined(separator: "\n")
    let limit = 10_000 + text.count
    let error = #expect(throws: Diagnostic.self) { try YAMLReader.read(text) }
    #expect(error?.message == "more than \(limit) values, aliases followed")
  }

  @Test("nesting ends at a limit", arguments: [100, 101, 900, 100_000])
  func nesting(_ depth: Int) {
    let yaml = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    if depth <= YAMLReader.depthMax {
      #expect(throws: Never.self) { try YAMLReader.read(yaml) }
    } else {
      #expect(throws: Diagnostic.self) { try YAMLReader.read(yaml) }
    }
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let yaml: String
    let line: Int
    let column: Int
    let message: String
    var testDescription: String { message }

    static let all = [
      Fault(
        yaml: "a:\n  v: {{ model }}\n", line: 2, column: 7,
        message: "a key must be a string; a value that starts with '{{' or '{%' needs quotes"),
      Fault(
        yaml: "a: [:path, b]\n", line: 1, column: 5,
        message: "not YAML: did not find expected node content (while parsing a flow node);"
          + " a value that starts with ':' needs quotes here"),
      Fault(
        yaml: "a:\n  v: {% if x %}\n", line: 2, column: 7,
        message: "not YAML: found character that cannot start any token (while scanning for the next token);"
          + " a value that starts with '{{' or '{%' needs quotes"),
      Fault(
        yaml: "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", line: 5, column: 3,
        message: "the key `c` is given twice, first in line 3; keep one"),
      Fault(
        yaml: "a: 1\n'b': { c: [1, {b: 2}],\n  d: 2, \"c\" : 3 }\n", line: 3, column: 9,
        message: "the key `c` is given twice, first in line 2; keep one"),
      Fault(
        yaml: "a:\n- c: |\n    c: 1\n  # c: 2\n  b: 1\n  c: 3\n", line: 6, column: 3,
        message: "the key `c` is given twice, first in line 2; keep one"),
      Fault(
        yaml: "a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n", line: 4, column: 3,
        message: "the key `<<` is given twice, first in line 3; merge several as a list, `<<: [*a, *b]`"),
      Fault(
        yaml: "a: 1\n\"\\x61\": 2\n", line: 1, column: 1,
        message: "the key `a` is given more than once in this mapping; keep one"),
      Fault(
        yaml: "a: |\n  \t{{ x }}\n", line: 2, column: 3,
        message: "not YAML: found a tab character where an indentation space is expected"
          + " (while scanning a block scalar that starts in line 1); a text that itself begins with a tab needs the"
          + " number of spaces before it, `|2`"),
      Fault(
        yaml: "a: |\n\tx\n", line: 2, column: 1,
        message: "not YAML: found a tab character where an indentation space is expected"
          + " (while scanning a block scalar that starts in line 1); indent with spaces"),
      Fault(yaml: "a: !mine 1\n", line: 1, column: 10, message: "unknown tag '!mine'"),
      Fault(yaml: "a: !mine [1]\n", line: 1, column: 10, message: "unknown tag '!mine'"),
      Fault(yaml: "a: *b\n", line: 1, column: 4, message: "not YAML: found undefined alias"),
      Fault(yaml: "? [a]\n: 1\n", line: 1, column: 3, message: "a key must be a string"),
      Fault(yaml: "a: {<<: 1}\n", line: 1, column: 9, message: "'<<' merges a mapping or a list of mappings"),
      Fault(
        yaml: "a: é\u{07}\n", line: 1, column: 5, message: "not YAML: control characters are not allowed"),
      Fault(
        yaml: "a:\n  - 'x\n  - y\n", line: 4, column: 1,
        message:
          "not YAML: found unexpected end of stream (while scanning a quoted scalar that starts in line 2)"),
      Fault(
        yaml: "a: 1\n---\nb: 2\n", line: 2, column: 1,
        message:
          "not YAML: but found another document (expected a single document in the stream that starts in line 1)"
      ),
    ]
  }
}

struct Unexpected: Error {}

func describe(_ yaml: String) throws -> String { describe(try YAMLReader.read(yaml)) }

/// A tree without its places, strings in quotes.
func describe(_ node: ConfigurationNode) -> String {
  switch node {
  case .null: return "null"
  case .bool(let flag, _): return "\(flag)"
  case .number(let spelling, _): return spelling
  case .string(let string): return "'\(string.value)'"
  case .sequence(let elements, _): return "[" + elements.map(describe).joined(separator: ", ") + "]"
  case .mapping(let members, _):
    return "{" + members.map { "\($0.key.value): \(describe($0.value))" }.joined(separator: ", ") + "}"
  }
}
