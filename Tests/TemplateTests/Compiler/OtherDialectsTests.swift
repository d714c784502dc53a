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
      ("{{ default(x.y, \"\") }}", "`default` is a filter: write `x.y|default(\"\")`"),
      ("{{ default(x + 1, boolean=true) }}", "`default` is a filter: write `(x + 1)|default(boolean=true)`"),
      ("{{ length(x) }}", "`length` is a filter: write `x|length`"),
      ("{{ upper(x) }}", "`upper` is a filter: write `x|upper`"),
      ("{{ upper() }}", "`upper` is a filter: write `value|upper`"),
      ("{{ isString(x) }}", "`isString` is Inja's: write `x is string`"),
      ("{{ divisibleBy(x, 2) }}", "`divisibleBy` is Inja's: write `x is divisibleby(2)`"),
      ("{{ get_header(\"x-a\") }}", "`get_header` is written `header(\"x-a\")`"),
      (
        "{{ clusterMetadata(\"a\") }}",
        "`clusterMetadata` cannot be read here; have Envoy pass it in a header"
      ),
      (
        "{{ data_source(\"a\") }}",
        "`data_source` cannot be read here: write `secret(\"group\", \"key\")`, or `env(\"NAME\")`"
      ),
      ("{{ json(x) }}", "`json` is a filter, `x|tojson`"),
      ("{{ contains(x, \"a\") }}", "there is no `contains`: write `\"a\" in x`"),
      ("{{ join(list, \",\") }}", "`join` is a filter: write `list|join(\",\")`"),
    ])
  func functions(source: String, expected: String) throws {
    #expect(try problem(source) == "1:4 " + expected)
  }

  @Test("a filter of Jinja2 is refused with what to write")
  func filters() throws {
    #expect(
      try problem("{{ x|wordcount }}") == "1:6 `wordcount` is a function here: write `word_count(x)`")
    #expect(try problem("{{ list[0] | json }}") == "1:14 `json` is written `tojson`: `list[0]|tojson`")
    #expect(
      try problem("{% filter json %}{% endfilter %}") == "1:11 `json` is written `tojson`: `value|tojson`")
  }

  @Test("a function of the host is no filter, and is told how to be called with what was there")
  func functionAsFilter() {
    let table = FunctionTable(
      functions: [Function("encode", parameters: ["s", "n"]) { (_) throws(TemplateError) in .none }])
    func problem(_ source: String) -> String? {
      do throws(TemplateError) {
        _ = try Template(source, name: "t", functions: table)
        return nil
      } catch { return error.detail }
    }
    #expect(problem("{{ x.y|encode }}") == "`encode` is a function here: write `encode(x.y)`")
    #expect(
      problem("{{ x | upper | encode(3) }}") == "`encode` is a function here: write `encode(x | upper, 3)`")
  }

  @Test(
    "operators of other languages are refused with what to write",
    arguments: [
      ("{{ x && x }}", "1:6 unexpected character `&`; `&&` is written `and`"),
      ("{{ x || x }}", "1:7 unexpected `|`, expected a filter's name; `||` is written `or`"),
      ("{% if !x %}{% endif %}", "1:7 unexpected character `!`; `!` is written `not`"),
      ("{{ x ? 1 : 2 }}", "1:6 unexpected character `?`; `a ? b : c` is written `b if a else c`"),
      ("{{ x ?? 1 }}", "1:6 unexpected character `?`; `a ?? b` is written `a|default(b)`"),
      ("{{ x?.y }}", "1:5 unexpected character `?`; `a?.b` is written `(a|default({})).b`"),
      (
        "{{ $.x }}",
        "1:4 unexpected character `$`; a field is written by its name alone, `messages[0].content`"
      ),
      (
        "{{ /list/0 }}",
        "1:4 unexpected `/`, expected an expression; a path is written `messages[0].content`, not `/messages/0/content`"
      ),
      ("{% if x = 1 %}{% endif %}", "1:9 unexpected `=`, expected `%}`; to compare, write `==`"),
      ("{% if x === 1 %}{% endif %}", "1:11 unexpected `=`, expected an expression; `===` is written `==`"),
      (
        "{% if x contains 1 %}{% endif %}",
        "1:9 unexpected `contains`, expected `%}`; `a contains b` is written `b in a`"
      ),
      ("{% if x AND x %}{% endif %}", "1:9 unexpected `AND`, expected `%}`; `AND` is written `and`"),
      ("{{ “x” }}", "1:4 unexpected character `“`; a string stands in straight quotes"),
      ("{% if x %}{% elseif x %}{% endif %}", "1:14 `elseif` is written `elif`"),
      ("{% if x %}{% elsif x %}{% endif %}", "1:14 `elsif` is written `elif`"),
      ("{% if x %}{% end %}", "1:14 a block is closed by its name: write `{% endif %}`, `{% endfor %}`"),
    ])
  func operators(source: String, expected: String) throws { #expect(try problem(source) == expected) }

  @Test(
    "methods that no value has are refused before anything is rendered",
    arguments: [
      ("{{ x.startsWith(\"a\") }}", "1:4 there is no method `startsWith`: write `x.startswith(\"a\")`"),
      ("{{ list[0].toLowerCase() }}", "1:4 there is no method `toLowerCase`: write `list[0]|lower`"),
      (
        "{% if false %}{{ x.includes(1) }}{% endif %}",
        "1:18 there is no method `includes`: write `\"a\" in x`"
      ),
    ])
  func methods(source: String, expected: String) throws { #expect(try problem(source) == expected) }

  @Test("but for those of a value that the template makes")
  func ownMethods() {
    #expect(
      render("{% macro m() %}a{% endmacro %}{% set x = {\"includes\": m} %}{{ x.includes() }}") == "a")
    for kind in [ValueKind.string, .sequence, .map] {
      for name in OtherDialects.methods.keys { #expect(Methods.table(of: kind)?.position(of: name) == nil) }
    }
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
