import Testing

@testable import Template

@Suite("Templates of other dialects")
struct OtherDialectsTests {
  private func problem(_ source: String) throws -> String {
    let error = try #require(try failure(source, #"{"x": 1, "list": [1], "map": {"ab": 1}}"#))
    return "\(error.line):\(error.column) \(error.detail)"
  }

  @Test(
    "a function of Inja is refused with what to write",
    arguments: [
      ("{{ at(list, 0) }}", "`at` is Inja's: write `list[0]`"),
      ("{{ exists(\"x\") }}", "`exists` is Inja's: write `name is defined`"),
      ("{{ existsIn(map, \"a\") }}", "`existsIn` is Inja's: write `\"key\" in map`"),
      ("{{ default(x, 1) }}", "`default` is a filter: write `value|default(1)`"),
      ("{{ length(x) }}", "`length` is a filter: write `value|length`"),
      ("{{ upper(x) }}", "`upper` is a filter: write `value|upper`"),
      ("{{ isString(x) }}", "`isString` is Inja's: write `value is string`"),
      ("{{ divisibleBy(x, 2) }}", "`divisibleBy` is Inja's: write `value is divisibleby(2)`"),
      ("{{ join(list, \",\") }}", "`join` is a filter: write `list|join(\",\")`"),
    ])
  func functions(source: String, expected: String) throws {
    #expect(try problem(source) == "1:4 " + expected)
  }

  @Test("a filter of Jinja2 is refused with what to write")
  func filters() throws {
    #expect(
      try problem("{{ x|wordcount }}") == "1:6 `wordcount` is a function here: write `word_count(value)`")
  }

  @Test(
    "so are the attributes of Inja's loop, which would be undefined without a word",
    arguments: [
      ("is_first", "loop.first"), ("is_last", "loop.last"), ("index1", "loop.index"),
      ("parent", "set outer = loop"),
    ])
  func loop(attribute: String, expected: String) throws {
    #expect(try problem("{% for a in list %}{{ loop.\(attribute) }}{% endfor %}").contains(expected))
    #expect(render("{{ loop.\(attribute) }}", #"{"loop": {"\#(attribute)": 5}}"#) == "5")
  }

  @Test("else if is elif")
  func elseIf() throws {
    #expect(try problem("{% if x %}a{% else if x %}b{% endif %}").hasSuffix("`else if` is written `elif`"))
  }

  @Test("line statements are found by their ends; headings of Markdown are text")
  func lineStatements() throws {
    #expect(
      try problem("a\n## if x\nb\n## endif\n")
        == "4:1 lines with `##` are Inja's statements: write `{% if … %}`, `{% endif %}`")
    #expect(try problem("##endfor").hasPrefix("1:1 "))
    #expect(
      render("## if you read this\n### endif\n## endif x\na ## endif")
        == "## if you read this\n### endif\n## endif x\na ## endif")
  }

  @Test("pairs of a map have a filter")
  func pairs() throws {
    #expect(
      try problem("{% for k, v in map %}{{ k }}{% endfor %}")
        .hasSuffix("a map gives its keys: write `for key, value in map|items`"))
  }

  @Test("names of other dialects are free for macros and fields")
  func freeNames() {
    #expect(
      render("{% macro at(x) %}<{{ x }}>{% endmacro %}{{ at(1) }}{{ exists }}", #"{"exists": 2}"#) == "<1>2")
  }
}
