import Testing

@testable import Transformation

@Suite("Values that a body template prints into JSON, and that may be none")
struct JSONPrintTests {
  /// `column message`, as far as the first comma, colon or full stop.
  private func warnings(
    _ template: String, as kind: BodyKind = .text, parsesJSON: Bool = true
  ) -> [String] {
    let text = ConfigurationString(template, location: SourceLocation(line: 1, column: 1)) {
      SourceLocation(line: 1, column: $0 + 1)
    }
    return JSONPrints.warnings(in: text, path: "request.body.value", as: kind, parsesJSON: parsesJSON).map {
      "\($0.location.column) \($0.message.prefix { !",:".contains($0) })"
    }
  }

  @Test(
    "what is printed as text between strings",
    arguments: [
      (#"{"m": {{ messages }}}"#, ["10 `messages` prints text"]),
      (#"[{{ model }}, {{ context() }}]"#, ["5 `model` prints text", "18 `context()` prints text"]),
      (#"  {"a": {{ x|default("") }}}"#, [#"12 `x|default("")` prints text"#]),
      (#"{"a": {{ header("x-a") }}}"#, [#"10 `header("x-a")` prints text"#]),
      (#"{"a": {{ none }}}"#, ["10 `none` prints text"]),
      (#"{"a": {{ raw_string(x) }}}"#, ["10 `raw_string(x)` prints text"]),
      (#"{"a": {{ a if b else c|tojson }}}"#, ["10 `a` prints text"]),
      (#"{"a": {{ x or y }}}"#, ["10 `x or y` prints text"]),
      (#"{"a": {{ a + b }}}"#, ["10 `a + b` prints text"]),
      (
        #"[{% for m in messages %}{"c": {{ m.content }}}{% if not loop.last %},{% endif %}{% endfor %}]"#,
        ["34 `m.content` prints text"]
      ),
      (#"{% set x = model %}{"a": {{ x }}}"#, ["29 `x` prints text"]),
      (
        #"{% macro m(x) %}{"a": {{ x }}}{% endmacro %}[{{ m(model) }},{{ m(user) }}]"#, ["26 `x` prints text"]
      ),
      (#"{% set x %}{"a": {{ y }}}{% endset %}[{{ x }}]"#, ["21 `y` prints text"]),
      (#"{% if a %}{"a": {{ b }}}{% else %}{{ body() }}{% endif %}"#, ["20 `b` prints text"]),
      (#"{"a": {{ uuid4() }}}"#, ["10 `uuid4()` prints text"]),
      (#"{"a": {% if n is number %}{{ n }}{% else %}{{ n }}{% endif %}}"#, ["47 `n` prints text"]),
      (
        #"{% set ns = namespace(x=0) %}{% for a in b %}{% set ns.x = a %}{% endfor %}[{{ ns.x }}]"#,
        ["80 `ns.x` prints text"]
      ),
    ])
  func bare(template: String, expected: [String]) {
    #expect(warnings(template) == expected)
  }

  @Test(
    "what stands in quotes that it may end",
    arguments: [
      (#"{"model": "{{ model }}"}"#, ["15 `model` stands in quotes"]),
      (#"{"a": "b {{ header("x-a") }} c", "d": {{ e|tojson }}}"#, [#"13 `header("x-a")` stands in quotes"#]),
      (
        #"{"a": "{{ x|upper }}{{ x|escape }}{{ x|replace("\"", "'") }}"}"#,
        ["11 `x|upper` stands in quotes", "24 `x|escape` stands in quotes", #"38 `x|replace("\"""#]
      ),
      (#"{"a": "{{ "b " ~ x }}"}"#, ["18 `x` stands in quotes"]),
      (
        #"{"a": "{{ connection.subject_peer_certificate }}"}"#,
        ["11 `connection.subject_peer_certificate` stands in quotes"]
      ),
      (#"{"a": "{{ regex_capture(x, "a=(.*)", 1) }}"}"#, [#"11 `regex_capture(x"#]),
      (#"{"a": "\"{{ x }}"}"#, ["13 `x` stands in quotes"]),
    ])
  func inQuotes(template: String, expected: [String]) {
    #expect(warnings(template) == expected)
  }

  @Test(
    "what brings its own quotes",
    arguments: [
      (#"{"a": "{{ x|tojson }}"}"#, BodyKind.text, ["11 `x|tojson` is JSON"]),
      (#"{"a": "{{ x }}"}"#, .json, ["11 `x` prints its own quotes with `as"]),
      (
        #"{"a": "{{ "b" }}{{ x|tojson }}"}"#, .json,
        [#"11 `"b"` prints its own quotes with `as"#, "20 `x|tojson` prints its own quotes with `as"]
      ),
      (
        #"{"a": {{ raw_string(x) }}}"#, .json,
        ["10 `raw_string(x)` is no JSON value without quotes around it"]
      ),
    ])
  func quotedTwice(template: String, kind: BodyKind, expected: [String]) {
    #expect(warnings(template, as: kind) == expected)
  }

  @Test(
    "what is right is not warned of",
    arguments: [
      #"{"a": {{ x|tojson }}, "b": {{ to_json(y) }}, "c": "{{ raw_string(header("x")) }}"}"#,
      #"{"n": {{ messages|length }}, "i": {{ x|int }}, "c": {{ a == b }}, "d": {{ a is defined }}, "e": {{ 1 + 2 }}}"#,
      #"{"a": "{{ x|length }} of {{ 10 }}", "b": {{ -1 }}, "c": {{ true }}, "d": "{{ none }}"}"#,
      #"[{% for m in messages %}{{ m|tojson }}{{ "," if not loop.last }}{% endfor %}]"#,
      #"[{% for m in messages %}{{ loop.index }}{{ ", " if not loop.last else "" }}{% endfor %}]"#,
      #"[{% for i in range(3) %}{{ i }},{% endfor %}0]"#,
      #"[{{ tags|map("tojson")|join(",") }}]"#,
      #"{"a": "{{ x|urlencode }}", "b": "{{ sha256(y) }}", "c": "{{ uuid4() }}", "d": "{{ now() }}"}"#,
      #"{"t": {{ now("%s") }}}"#,
      #"{"a": "{{ env("REGION") }}", "b": "{{ secret("g", "k") }}"}"#,
      #"{% set x = model|tojson %}{"a": {{ x }}}"#,
      #"{% set x %}{{ a }}-{{ b }}{% endset %}{"a": {{ x|tojson }}}"#,
      #"{% macro m(role, text) %}{"role": "{{ role }}", "text": {{ text|tojson }}}{% endmacro %}[{{ m("user", x) }}]"#,
      #"{% macro m(x) %}{"a": {{ x|tojson }}}{% endmacro %}[{{ m(y)|trim }}]"#,
      #"{% set n = namespace(total=0) %}{% for m in ms %}{% set n.total = n.total + m|length %}{% endfor %}{"n": {{ n.total }}}"#,
      #"{"n": {% if n is number %}{{ n }}{% else %}0{% endif %}, "m": {{ n if n is integer else 1 }}}"#,
      #"{% if model in ["a", "b"] %}{"model": "{{ model }}"}{% endif %}"#,
      #"{% if header("x") == "a" %}{"x": "{{ header("x") }}"}{% endif %}"#,
      #"{% if regex_match(model, "^[a-z0-9._-]+$") %}{"model": "x"}{% endif %}"#,
      #"{% if regex_match(model, "^[a-z0-9_-]+$") %}{"model": "{{ model }}"}{% endif %}"#,
      #"{"a": "{{ regex_capture(x, "v(\\d+)", 1) }}", "b": "{{ regex_replace(y, "[^a-z0-9]+", "-") }}"}"#,
      #"{"a": {{ '"' ~ raw_string(x) ~ '"' }}, "b": {{ "[" ~ y|tojson ~ "]" }}}"#,
      #"{"a": "{{ (x|tojson)[1:-1] }}"}"#,
      #"{% autoescape "json" %}{"a": {{ x }}}{% endautoescape %}"#,
      #"{"a": {% filter tojson %}{{ x }}{% endfilter %}}"#,
      #"{% filter trim %}{"a": {{ x|tojson }}}{% endfilter %}"#,
      #"{% call m() %}x{% endcall %}"#,
      #"{"whole": {{ body() }}}"#,
      #"{% raw %}{"a": "{{ x }}"}{% endraw %}"#,
      #"{"a": "{{ loop.cycle("a", "b") }}"}"#,
      // No JSON.
      #"{{ context() }}"#, #"Hello {{ name }}"#, #"<a href="{{ x }}">{ {{ y }} }</a>"#,
      #"[INFO] {{ x }}"#, #"[{{ x }}](https://{{ y }})"#, #"{{ x }}{"a": {{ y }}}"#,
      "data: {\"a\": {{ x }}}", #"{% if a %}{{ body() }}{% endif %}"#, #"{name: {{ x }}}"#,
      // Not to be read.
      #"{"a": {{ x }"#,
    ])
  func right(template: String) {
    #expect(warnings(template) == [])
  }

  @Test(
    "with `as: Json` values need nothing",
    arguments: [
      #"{"m": {{ messages }}, "n": {{ none }}, "t": "{{ raw_string(x) }} {{ x|length }} {{ 3 }}"}"#,
      #"{"a": {{ x|tojson }}, "b": {{ to_json(x) }}, "c": {{ "text " ~ y }}, "d": {{ a or b }}}"#,
      #"[{% for x in y %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}]"#,
      #"{% macro m(x) %}{"a": {{ x }}}{% endmacro %}[{{ m(y) }}]"#,
      #"{{ dict(context(), user=header("x")) }}"#,
    ])
  func json(template: String) {
    #expect(warnings(template, as: .json) == [])
  }

  @Test("a body that is not parsed may be anything")
  func bodyText() {
    #expect(warnings(#"{"whole": {{ body() }}}"#, parsesJSON: false) == ["14 `body()` prints text"])
    #expect(warnings(#"{"whole": {{ body() }}}"#, as: .json, parsesJSON: false) == [])
  }

  @Test("messages repeat what was written, and what to write")
  func messages() {
    func message(_ template: String) -> String? {
      let text = ConfigurationString(template, location: SourceLocation(line: 1, column: 1))
      return JSONPrints.warnings(in: text, path: "", as: .text, parsesJSON: true).first?.message
    }
    #expect(
      message(#"{"a": {{ x|default(1) }}}"#)?.contains("write `{{ x|default(1)|tojson }}`, or set `as: Json`")
        == true)
    #expect(message(#"{"a": {{ x or y }}}"#)?.contains("`{{ (x or y)|tojson }}`") == true)
    #expect(message(#"{"a": "{{ x.y }}"}"#)?.contains(#"`"{{ raw_string(x.y) }}"`"#) == true)
  }

  @Test("a template that calls itself, or branches without end, is looked at up to a bound")
  func bounds() {
    let calls = #"{% macro m(x) %}[{{ m(x) }},{{ m(x) }}]{% endmacro %}{{ m(1) }}"#
    #expect(warnings(calls) == [])
    let sets = (0..<60).map { "{% set a\($0 + 1) = a\($0) ~ a\($0) %}" }.joined()
    #expect(warnings("\(sets)[{{ a60 }}]") == ["13 `a0` prints text", "18 `a0` prints text"])
    let loops =
      String(repeating: "{% for a in b %}", count: 30) + "{{ a }}"
      + String(repeating: "{% endfor %}", count: 30)
    #expect(warnings("[\(loops)]").count <= 1)
  }
}
