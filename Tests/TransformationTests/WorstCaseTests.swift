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
    let steps = 20_000_000
    #expect(outcome(macro + "{{ m(9999, 'v')|length }}", steps: steps, recursion: 10_000) == "10000")
    #expect(
      outcome(macro + "{{ m(10000, 'v')|length }}", steps: steps, recursion: 10_000).hasPrefix(
        "limit: macros and"))
    let loop =
      "{% for x in [[1]] recursive %}x{% if loop.depth < 10000 %}{{ loop([1]) }}{% endif %}{% endfor %}"
    #expect(
      outcome("{% set t %}\(loop)" + "{% endset %}{{ t|length }}", steps: steps, recursion: 10_000) == "10000"
    )
  }

  @Test("closures of macros in macros are released")
  func closures() {
    let template = """
      {% macro m(n, f) %}{% macro g() %}{{ n }}{{ f is defined }}{% endmacro %}\
      {% if n %}{{ m(n - 1, g) }}{% else %}end{% endif %}{% endmacro %}{{ m(9000) }}
      """
    #expect(outcome(template, recursion: 10_000) == "end")
  }

  @Test(
    "a long conversation with escapes in each line is written again within the default",
    arguments: [
      "to_json(messages)", "messages|tojson", "{'model': 'm', 'messages': messages}|tojson",
      "to_json(context())",
      "to_json(messages + [{'role': 'user'}])", "to_json(messages[0].content)",
    ])
  func longBody(expression: String) {
    let message =
      #"{"role":"user","content":"\#(String(repeating: #"It said \"no\", and went.\n"#, count: 80))"}"#
    let body = #"{"messages":[\#(Array(repeating: message, count: 20).joined(separator: ","))]}"#
    let steps = TemplateLimits().stepsMax * body.utf8.count / (7 << 20)
    #expect(outcome("{% set b = \(expression) %}{{ b is string }}", body, steps: steps) == "true")
  }

  @Test("look-ups by long names are charged for the bytes that may have to be compared")
  func namesOfManyBytes() {
    let prefix = String(repeating: "k", count: 4_000)
    let members = (0..<100).map { #""\#(prefix)\#($0 + 100)":1"# }.joined(separator: ",")
    let loop = "{% for i in range(1000) %}{% if context()[n] %}{% endif %}{% endfor %}"
    let result = outcome("{% set n = '\(prefix)000' %}\(loop)", "{\(members)}", steps: 3_000_000)
    #expect(result.hasPrefix("limit: the rendering took more than"))

    let headers = (0..<100).map { ("x-\(prefix)\($0 + 100)", "v") }
    let body = WorstBody("{}", headers: headers)
    let lookups = "{% for i in range(1000) %}{{ header(n) }}{% endfor %}"
    #expect(
      body?.outcome("{% set n = 'x-\(prefix)000' %}\(lookups)", steps: 3_000_000)
        .hasPrefix("limit: the rendering took more than") == true)
  }

  @Test("compiling patterns that a template computes counts against the steps")
  func computedPatterns() {
    let patterns = "{% for i in range(20) %}{{ regex_match('x', '(?:a{900}b?){4}' ~ i) }}{% endfor %}"
    #expect(outcome(patterns, steps: 300_000).hasPrefix("limit: the rendering took more than"))
    let literal = "{% for i in range(20) %}{{ regex_match('x', '(?:a{900}b?){4}') }}{% endfor %}"
    #expect(!outcome(literal, steps: 300_000).hasPrefix("limit"))
  }

  // MARK: - Growth

  @Test(
    "what grows without end meets a limit",
    arguments: [
      ("{{ 'a' * 10**9 }}", string),
      ("{{ 'abc' * 170141183460469231731687303715884105727 }}", "cannot be counted"),
      (doubling("ns.v ~ ns.v", from: "'a'"), string),
      (doubling("ns.v + ns.v", from: "'a'"), string),
      (doubling("ns.v|replace('a', 'aa')", from: "'a'"), steps),
      (doubling("replace_with_string(ns.v, 'a', 'aa')", from: "'a'"), steps),
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
      outcome(Self.doubling("ns.v ~ ns.v", from: "'a'"), steps: 20_000_000)
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

  @Test("a field of 4 MB is read, and read once")
  func longField() throws {
    let long = String(repeating: "hay stack ", count: 1 << 20).prefix((4 << 20) - 6) + "needle"
    let body = try #require(WorstBody(#"{"big": ""# + long + #""}"#))
    for (template, expected) in [
      ("{{ big }}", "\(4 << 20) bytes"), ("{{ big|length }}", "\(4 << 20)"),
      ("{{ 'needle' in big }}", "true"), ("{{ big ~ '' == big }}", "true"), ("{{ big[-6:] }}", "needle"),
      ("{{ replace_with_string(big, 'needle', 'x') }}", "\((4 << 20) - 5) bytes"),
      ("{{ raw_string(big) }}", "\(4 << 20) bytes"),
      ("{{ regex_match(big, '(h|a|y| |s)+x$') }}", tooManySteps),
      // Each character as a value of its own.
      ("{{ big|list }}", tooManySteps), ("{{ big|sort }}", tooManySteps),
      ("{{ big|map('upper') }}", tooManySteps),
    ] { #expect(body.outcome(template).hasPrefix(expected), "\(template)") }
    // Every way to read all of it is counted.
    for expression in [
      "big == 'x'", "big < 'x'", "big ~ ''", "big * 0", "big|length", "'x' in big", "'x' is in(big)",
      "big[0]", "big[:1]",
      "'x'|replace('x', big)", "'x'.find(big)", "dict(a=big)", "{big: 1}", "big|upper", "trim(big)",
      "big.isalpha()",
    ] {
      let loop = "{% for i in range(3) %}{% if \(expression) %}{% endif %}{% endfor %}"
      #expect(body.outcome(loop, steps: 240_000).hasPrefix("limit: the rendering took more"), "\(expression)")
    }
    #expect(
      body.outcome(
        "{% for i in range(3) %}{% for c in big %}{% break %}{% endfor %}{% endfor %}", steps: 240_000
      )
      .hasPrefix("limit: the rendering took more"))
  }

  private let tooManySteps = "limit: the rendering took more than 3000000 steps (limits.steps)"

  @Test("a list of 200,000 elements is worked on, as far as the steps go")
  func longList() throws {
    let body = try #require(WorstBody(#"{"n": ["# + String(repeating: "7,", count: 199_999) + "8]}"))
    for (template, expected) in [
      ("{{ n|length }} {{ n|last }} {{ n[199999] }} {{ n[-1] }} {{ n|first }}", "200000 8 8 8 7"),
      ("{{ 8 in n }}", "true"), ("{{ n|join|length }}", "200000"), ("{{ (n + [1])|length }}", "200001"),
      ("{% for x in n %}{% if loop.last %}{{ x }}{{ loop.index }}{% endif %}{% endfor %}", "8200000"),
      ("{{ n|sort }}", tooManySteps),
    ] { #expect(body.outcome(template).hasPrefix(expected), "\(template)") }
    // Every way to walk over it is counted, and counted first where it is slow.
    for expression in [
      "0 in n", "0 is in(n)", "n == [1]", "n < [1]", "n == n", "n * 0", "n + n", "n[1:2]", "n|sort",
      "n|unique", "n|join",
      "n|map('string')", "n|map(attribute='a', default=1)", "n|select", "n|select('eq', 1)", "n|sum", "n|max",
      "n|zip([1])",
      "[1]|zip(n)", "[1]|chain(n)", "'x'.join(n)", "n|tojson", "n|string", "n ~ ''", "n|length", "n.count(1)",
      "[n]|unique",
      "{'a': n}|dictsort", "[1, 2]|select('in', n)", "from_json(body())", "word_count(n)",
    ] {
      let template = "{% if \(expression) %}{% endif %}"
      #expect(body.outcome(template, steps: 200_000).contains("200000 steps"), "\(expression)")
    }
  }

  @Test("what a template looks for is counted, however often it looks")
  func searches() throws {
    let members = (0..<10_000).map { "\"k\($0)\": 1" }.joined(separator: ", ")
    let body = try #require(WorstBody("{\(members)}"))
    let fields = (0..<1000).map { "{{ k\($0) }}" }.joined()
    #expect(body.outcome(fields, steps: 100_000).hasPrefix("limit: the rendering took more"))
    #expect(
      body.outcome(fields + "{% if 1 %}{% endif %}", steps: 100_000).hasPrefix(
        "limit: the rendering took more"))
    let variables = (0..<5000).map { "{% set v\($0) = 1 %}" }.joined()
    let reads = "{% for i in range(1000) %}{{ v0 }}{% endfor %}"
    #expect(outcome(variables + reads, steps: 2_000_000).count == 1000)
    #expect(outcome(variables + reads, steps: 300_000).hasPrefix("limit: the rendering took more"))
    let path = "{% set path = 'a.' * 10000 %}"
    for filter in [
      "map(attribute=path, default=1)", "selectattr(path)", "sort(attribute=path)", "groupby(path)",
    ] {
      #expect(
        outcome(path + "{{ range(1000)|\(filter) }}").hasPrefix("limit: the rendering took more"), "\(filter)"
      )
    }
  }

  @Test(
    "each look-up of a header is counted as a pass over all of them, but for the first ones",
    arguments: [
      "header('x-' ~ i)", "header_values('x-' ~ i)", "request_header('x-' ~ i)",
      "request_header_values('x-' ~ i)",
      "cookie('a')", "get_cookie('a')", "get_cookie_i('A', 1)", "query('a')", "path_segment(0)",
    ])
  func lookups(_ call: String) throws {
    let headers = (0..<1600).map { ("x-\($0)", "1") }
    let body = try #require(WorstBody("{}", headers: headers))
    func rendered(_ times: Int) -> String {
      body.outcome("{% for i in range(\(times)) %}{% if \(call) %}{% endif %}{% endfor %}", steps: 10_000)
    }
    #expect(rendered(60) == "")
    #expect(rendered(200).hasPrefix("limit: the rendering took more"))
  }

  @Test("a chat of a mebibyte is looped over, printed and put together anew")
  func longChat() throws {
    let message = #"{"role":"user","content":"\#(String(repeating: "What is it? ", count: 40))"},"#
    let messages = String(repeating: message, count: (1 << 20) / message.utf8.count).dropLast()
    let body = try #require(WorstBody(#"{"model":"m","messages":[\#(messages)]}"#))
    for template in [
      "{{ context()|tojson }}", "{{ to_json(context()) }}",
      "{{ messages|map(attribute='content')|join(' ')|length }}",
      #"[{% for m in messages %}{"role":"{{ m.role|upper }}","text":{{ m.content|tojson }}}{{ "," if not loop.last }}{% endfor %}]"#,
      #"[{% for m in messages %}{"text":"{{ raw_string(m.content|replace('it', 'that')|trim) }}"},{% endfor %}]"#,
      "{{ sha256(body()) }}", "{{ base64_encode(body()) }}",
      "{{ messages|selectattr('role', 'eq', 'user')|list|length }}",
    ] { #expect(!body.outcome(template).hasPrefix("limit"), "\(template)") }
  }

  @Test("arguments of a host's function are counted, which it may read")
  func hostArguments() throws {
    let body = try #require(WorstBody(#"{"big": "\#(String(repeating: " ", count: 1 << 20))"}"#))
    for call in [
      "trim(big)", "substring(big, 0, 1)", "env(big)", "query(big)", "header(big)", "regex_match(big, 'x')",
    ] {
      let loop = "{% for i in range(3) %}{% if \(call) %}{% endif %}{% endfor %}"
      #expect(body.outcome(loop, steps: 150_000).hasPrefix("limit: the rendering took more"), "\(call)")
    }
  }

  @Test(
    "what a namespace holds is counted where it is printed, compared or hashed, also in lists that are older")
  func namespaces() {
    let setup = "{% set n = namespace(v=1) %}{% set l = [n] * 10 %}{% set n.v = range(10000) %}"
    for use in [
      "n|string", "n|tojson", "[n]|unique", "{n: 1}", "n == {'v': 1}", "l|unique", "l|string", "l|tojson",
      "[l]", "n|items",
    ] {
      let loop = "\(setup){% for i in range(10) %}{% if \(use) %}{% endif %}{% endfor %}"
      #expect(outcome(loop, steps: 100_000).hasPrefix("limit: the rendering took more"), "\(use)")
    }
  }

  @Test("sigmas and dollar signs are looked at once, however many there are")
  func lookAhead() {
    #expect(outcome("{{ ('Σ' * 100000)|lower|length }}") == "100000")
    #expect(outcome("{{ 'ΟΔΟΣ ΣΟΦΟΣ, Σ'|lower }}") == "οδος σοφος, σ")
    #expect(outcome("{{ regex_replace('a', 'a', '${' * 100000)|length }}") == "200000")
    #expect(outcome("{{ regex_replace('a', '(?P<n>a)', '${n}${') }}") == "a${")
  }

  @Test(
    "filters on each element fill no memory", arguments: ["indent', 2000000, true", "batch', 200000, 0"])
  func eachElement(_ filter: String) {
    let template = "{{ [[1], [2], [3], [4]]|map('\(filter))|length }}"
    #expect(outcome(template, steps: 100_000).hasPrefix("limit: the rendering took more"))
  }

  @Test("an error that names what a client sent is short")
  func longNames() {
    let result = outcome("{{ [1]|map('a' * 100000) }}")
    #expect(result.contains("unknown filter `aaa"))
    #expect(result.utf8.count < 1000)
  }

  @Test(
    "lists of thirty thousand elements are worked on",
    arguments: [
      ("{{ n|sort|first }} {{ n[::-1]|first }}", "0 0"), ("{{ n|unique|length }}", "30000"),
      ("{{ n|map('string')|select('eq', '17')|first }}", "17"),
    ])
  func worked(_ template: String, _ expected: String) {
    let numbers = (0..<30_000).reversed().map(String.init).joined(separator: ",")
    #expect(outcome(template, #"{"n": ["# + numbers + "]}") == expected)
  }

  // MARK: - Long templates

  @Test("templates of 1 MB compile")
  func longTemplates() {
    let many = String(repeating: "{{ 1 }}", count: 150_000)
    #expect(outcome(many) == String(repeating: "1", count: 150_000))
    #expect(outcome(String(repeating: "x", count: 1 << 20)) == "1048576 bytes")
    #expect(outcome("{{ [" + String(repeating: "1,", count: 500_000) + "]|length }}") == "500000")
    #expect(outcome("{{ '" + String(repeating: "y", count: 1 << 20) + "'|length }}") == "1048576")
    #expect(outcome("{#" + String(repeating: "#", count: 1 << 20) + "#}") == "")
    #expect(outcome(String(repeating: "{", count: 1 << 20)).hasPrefix("limit: "))
    #expect(outcome(String(repeating: "{% set a = 1 %}", count: 70_000) + "{{ a }}") == "1")
    #expect(
      outcome("{{ range(" + String(repeating: "1,", count: 3000) + "1) }}").hasPrefix("limit: a call has"))
  }

  @Test("compiling takes no time that grows with the square of the template")
  func manyBlocks() {
    let names = (0..<15_000).map { "{% set v\($0) = 1 %}" }.joined()
    let blocks = String(
      repeating: "{% macro m() %}{% endmacro %}{% if a %}{% set b = 1 %}{% endif %}", count: 6000)
    let loop = "{% for x in [1] %}" + String(repeating: "{% break %}", count: 30_000) + "{% endfor %}"
    #expect(outcome(names + blocks + loop + "{{ v14999 }}", steps: 100_000_000) == "1")
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
