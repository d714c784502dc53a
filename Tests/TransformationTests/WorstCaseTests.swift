import JSON
import Template
import Testing

@testable import Transformation

/// What whoever writes a template or sends a body could do worst. Each ends with a result or an error that says which
/// limit was met; none traps, and none is timed.
@Suite("Worst cases")
struct WorstCaseTests {
  // MARK: - Loops and recursion

  @Test("loops in loops end at the steps")
  func nestedLoops() {
    let loops = "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}x"
    let template = loops + "{% endfor %}{% endfor %}{% endfor %}"
    #expect(
      outcome(template, steps: 300_000) == "limit: the rendering took more than 300000 steps (limits.steps)")
  }

  @Test(
    "what calls itself ends at the recursion",
    arguments: [
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
      "{% macro m() %}{{ caller() }}{% call m() %}x{% endcall %}{% endmacro %}{% call m() %}y{% endcall %}",
      "{% set l = [1] %}{% for x in l recursive %}{{ loop(l) }}{% endfor %}",
    ])
  func recursion(_ template: String) {
    #expect(outcome(template) == "limit: macros and loops are nested more than 500 deep (limits.recursion)")
  }

  @Test("the deepest recursion that can be configured is borne")
  func deepestRecursion() {
    let macro = "{% macro m(n, v) %}{% if n %}{{ m(n - 1, [v]|first) }}{% endif %}x{% endmacro %}"
    #expect(outcome(macro + "{{ m(9999, 'v')|length }}", recursion: 10_000) == "10000")
    #expect(outcome(macro + "{{ m(10000, 'v')|length }}", recursion: 10_000).hasPrefix("limit: macros and"))
    let loop =
      "{% for x in [[1]] recursive %}x{% if loop.depth < 10000 %}{{ loop([1]) }}{% endif %}{% endfor %}"
    #expect(
      outcome("{% set t %}\(loop)" + "{% endset %}{{ t|length }}", recursion: 10_000) == "10000")
  }

  @Test("closures of macros in macros are released")
  func closures() {
    let template = """
      {% macro m(n, f) %}{% macro g() %}{{ n }}{{ f is defined }}{% endmacro %}\
      {% if n %}{{ m(n - 1, g) }}{% else %}end{% endif %}{% endmacro %}{{ m(9000) }}
      """
    #expect(outcome(template, recursion: 10_000) == "end")
  }

  // MARK: - Growth

  @Test(
    "what grows without end meets a limit",
    arguments: [
      ("{{ 'a' * 10**9 }}", string),
      ("{{ 'abc' * 170141183460469231731687303715884105727 }}", "cannot be counted"),
      (doubling("ns.v ~ ns.v", from: "'a'"), string),
      (doubling("ns.v + ns.v", from: "'a'"), string),
      (doubling("ns.v|replace('a', 'aa')", from: "'a'"), string),
      (doubling("replace_with_string(ns.v, 'a', 'aa')", from: "'a'"), string),
      (doubling("regex_replace(ns.v, 'a', 'aa')", from: "'a'"), steps),
      (doubling("ns.v|tojson|tojson", from: "'\"'"), string),
      (doubling("(ns.v ~ '%')|urlencode ~ ns.v", from: "'%'"), string),
      (doubling("[ns.v, ns.v]", from: "[]"), "limit: a value may have 16777216 elements at most"),
      (doubling("ns.v + ns.v", from: "[1]"), steps),
      (doubling("ns.v * 2", from: "[1]"), steps),
      ("{{ [0] * 10**18 }}", "limit: a value may have 16777216 elements at most"),
    ])
  func growth(_ template: String, _ expected: String) {
    let result = outcome(template, steps: 200_000, stringBytes: 64 << 10)
    if expected == "cannot be counted" {
      #expect(result.hasPrefix("invalidOperation: strings can only be multiplied"))
    } else {
      #expect(result.hasPrefix(expected), "\(result.prefix(200))")
    }
  }

  private static let string = "limit: a string may have 65536 bytes at most (limits.stringBytes)"
  private static let steps = "limit: the rendering took more than 200000 steps (limits.steps)"

  private static func doubling(_ expression: String, from first: String) -> String {
    "{% set ns = namespace(v=\(first)) %}{% for i in range(200) %}{% set ns.v = \(expression) %}{% endfor %}"
      + "{{ ns.v|length }}"
  }

  @Test("the default of a string's length holds")
  func doublingToTheDefault() {
    #expect(
      outcome(Self.doubling("ns.v ~ ns.v", from: "'a'"))
        == "limit: a string may have 67108864 bytes at most (limits.stringBytes)")
    #expect(
      outcome("{{ 'a' * 10**9 }}") == "limit: a string may have 67108864 bytes at most (limits.stringBytes)")
  }

  @Test("an output that grows piece by piece meets its limit")
  func output() {
    let template = "{% set s = 'a' * 1000 %}{% for x in range(100000) %}{{ s }}{% endfor %}"
    #expect(
      outcome(template, outputBytes: 1 << 20)
        == "limit: the output is longer than 1048576 bytes (limits.outputBytes)")
  }

  // MARK: - Bodies

  static let deepReads = [
    "{{ context() }}", "{{ context()|tojson }}", "{{ context()|tojson(indent=10) }}",
    "{{ context()|pprint }}",
    "{{ to_json(context()) }}", "{{ debug(context()) }}", "{{ [context()]|sort }}",
    "{{ [context(), context()]|unique }}",
    "{{ context() == context() }}", "{{ context() < context() }}", "{{ context() in [context()] }}",
    "{{ {'a': context()}|dictsort }}", "{{ context()|string|length }}", "{{ [context(), 1]|groupby(0) }}",
    "{{ from_json(body()) == context() }}", "{{ [[[context()]]]|sum(start=[]) }}",
  ]

  @Test("the deepest body can be read", arguments: deepReads)
  func deepBody(_ template: String) {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let body = String(repeating: open, count: 127) + "1" + String(repeating: close, count: 127)
      let result = outcome(template, body)
      #expect(!result.hasPrefix("limit: the rendering"), "\(result.prefix(200))")
    }
  }

  @Test("values are built no deeper than printing them bears")
  func deepValues() {
    let body = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    func nested(_ depth: Int) -> String {
      // In two steps, as an expression may be nested less deep than a value.
      let open = String(repeating: "[", count: depth / 2)
      let close = String(repeating: "]", count: depth / 2)
      return "{% set a = \(open)context()\(close) %}{% set b = \(open)a\(close) %}{{ b|tojson|length }}"
    }
    #expect(outcome(nested(128), body) == "510")
    #expect(outcome(nested(130), body) == "limit: lists and maps may be nested 128 deep at most")
  }

  @Test("a deeper body is refused")
  func tooDeepBody() throws {
    for depth in [128, 1000, 1_000_000] {
      var driver = try Driver(setting("{{ context() }}", parseAs: "AsJson"))
      let result = driver.sendRequest(
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
      #expect(result.failures == ["request.body body_not_json"])
      #expect(result.reply?.status == 400)
    }
    #expect(
      outcome("{{ from_json('[' * 1000 ~ ']' * 1000) }}").hasPrefix(
        "invalidOperation: the argument of `from_json` is not JSON: arrays and objects are nested deeper than 127"
      ))
  }

  @Test(
    "a field of 10 MB is read",
    arguments: [
      ("{{ big }}", "\(10 << 20) bytes"), ("{{ big|length }}", "\(10 << 20)"),
      ("{{ 'needle' in big }}", "true"),
      ("{{ big ~ '' == big }}", "true"), ("{{ big[-6:] }}", "needle"),
      ("{{ big|tojson|length }}", "\((10 << 20) + 2)"),
      ("{{ replace_with_string(big, 'needle', 'x') }}", "\((10 << 20) - 5) bytes"),
      ("{{ sha256(big)|length }}", "64"), ("{{ raw_string(big) }}", "\(10 << 20) bytes"),
      ("{{ regex_match(big, '(h|a|y| |s)+x$') }}", "limit: the rendering took more than"),
    ])
  func longField(_ template: String, _ expected: String) {
    let body = #"{"big": ""# + Self.long + #""}"#
    #expect(outcome(template, body).hasPrefix(expected))
  }

  private static let long = String(repeating: "hay stack ", count: 1 << 20).prefix((10 << 20) - 6) + "needle"

  @Test("a list of a million elements is read")
  func longList() {
    let body = #"{"n": ["# + String(repeating: "7,", count: 999_999) + "8]}"
    #expect(outcome("{{ n|length }} {{ n|last }} {{ n[999999] }}", body) == "1000000 8 8")
  }

  @Test(
    "a list of a million elements read with too few steps ends there",
    arguments: [
      "{% for x in n %}{% endfor %}", "{{ n|sort }}", "{{ n|join }}", "{{ n|unique }}", "{{ n + n }}",
    ])
  func longListBeyondSteps(_ template: String) {
    let make = "{% set n = [7] * 1000000 %}"
    #expect(
      outcome(make + template, steps: 1_200_000)
        == "limit: the rendering took more than 1200000 steps (limits.steps)")
  }

  @Test(
    "lists of a hundred thousand elements are worked on",
    arguments: [
      ("{% for x in n %}{% if loop.last %}{{ loop.index }}{% endif %}{% endfor %}", "100000"),
      ("{{ n|sort|first }} {{ n[::-1]|first }}", "0 0"), ("{{ n|unique|length }}", "100000"),
      ("{{ n|join|length }} {{ n|sum }}", "488890 4999950000"),
    ])
  func worked(_ template: String, _ expected: String) {
    let numbers = (0..<100_000).reversed().map(String.init).joined(separator: ",")
    #expect(outcome(template, #"{"n": ["# + numbers + "]}", steps: 100_000_000) == expected)
  }

  // MARK: - Long templates

  @Test("templates of 1 MB compile")
  func longTemplates() {
    let many = String(repeating: "{{ 1 }}", count: 150_000)
    #expect(outcome(many) == String(repeating: "1", count: 150_000))
    #expect(outcome(String(repeating: "x", count: 1 << 20)) == "1048576 bytes")
    #expect(outcome("{{ [" + String(repeating: "1,", count: 500_000) + "]|length }}") == "500000")
    #expect(outcome("{{ {" + String(repeating: "'a':1,", count: 170_000) + "}|length }}") == "1")
    #expect(outcome("{{ '" + String(repeating: "y", count: 1 << 20) + "'|length }}") == "1048576")
    #expect(outcome("{#" + String(repeating: "#", count: 1 << 20) + "#}") == "")
    #expect(outcome(String(repeating: "{", count: 1 << 20)).hasPrefix("limit: "))
    #expect(outcome(String(repeating: "{% set a = 1 %}", count: 70_000) + "{{ a }}") == "1")
    #expect(
      outcome("{{ range(" + String(repeating: "1,", count: 3000) + "1) }}").hasPrefix("limit: a call has"))
  }

  @Test("a template beyond the longest is refused")
  func tooLongTemplate() {
    #expect(
      outcome(String(repeating: "x", count: (16 << 20) + 1))
        == "limit: the template is longer than 16777216 bytes")
  }

  @Test(
    "nesting ends before the stack does",
    arguments: [
      ("(", "1", ")"), ("[", "1", "]"), ("{'a': ", "1", "}"), ("not ", "1", ""), ("-", "1", ""),
      ("- -", "a", ""),
      ("[0][", "0", "]"), ("1 if ", "1", " else 2"), ("range(", "1", ")"), ("a.b(", "1", ")"),
      ("a[1:", "2", "]"),
      ("1 ** ", "1", ""), ("a is sameas ", "a", ""), ("a|default(", "1", ")"), ("(a, ", "1", ")"),
      ("f(*", "a", ")"),
      ("f(b=", "a", ")"),
    ])
  func nestedExpressions(_ open: String, _ inner: String, _ close: String) {
    let times = 10_000
    let nested = String(repeating: open, count: times) + inner + String(repeating: close, count: times)
    for template in ["{{ \(nested) }}", "{% if \(nested) %}{% endif %}", "{% set x = \(nested) %}"] {
      let result = outcome(template)
      #expect(result.hasPrefix("syntax: ") || result.hasPrefix("limit: "), "\(result.prefix(200))")
    }
  }

  @Test(
    "nested blocks end before the stack does",
    arguments: [
      ("{% if 1 %}", "{% endif %}"), ("{% for x in [1] %}", "{% endfor %}"),
      ("{% with a = 1 %}", "{% endwith %}"),
      ("{% set a %}", "{% endset %}"), ("{% filter upper %}", "{% endfilter %}"),
      ("{% macro m() %}", "{% endmacro %}"), ("{% autoescape true %}", "{% endautoescape %}"),
      ("{% call m() %}", "{% endcall %}"), ("{% if 1 %}{% else %}", "{% endif %}"),
    ])
  func nestedBlocks(_ open: String, _ close: String) {
    for times in [140, 10_000] {
      let template = String(repeating: open, count: times) + "x" + String(repeating: close, count: times)
      let result = outcome(template)
      if times > 1000 {
        #expect(result.hasPrefix("syntax: ") || result.hasPrefix("limit: "), "\(result.prefix(200))")
      }
    }
  }

  @Test(
    "long chains end before the stack does",
    arguments: [
      ("1", " + 1"), ("a", " ~ a"), ("a", ".b"), ("a", "[0]"), ("a", "|upper"), ("a", " and a"),
      ("a", " or a"),
      ("1", " < 2"), ("a", " in a"), ("a", " is defined"), ("a", "()"), ("a", ".b()"), ("1", " if 1 else 2"),
    ])
  func chains(_ first: String, _ link: String) {
    let result = outcome("{{ " + first + String(repeating: link, count: 10_000) + " }}")
    #expect(result.hasPrefix("syntax: ") || result.hasPrefix("limit: "), "\(result.prefix(200))")
  }

  @Test("ten thousand branches of one `if`")
  func branches() {
    let branches = String(repeating: "{% elif 0 %}b", count: 10_000)
    let result = outcome("{% if 0 %}a\(branches){% else %}c{% endif %}")
    #expect(
      result == "c" || result.hasPrefix("limit: ") || result.hasPrefix("syntax: "), "\(result.prefix(200))")
  }
}
