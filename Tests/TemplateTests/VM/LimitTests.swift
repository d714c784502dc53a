import Template
import Testing

@Suite("The limits of a rendering")
struct LimitTests {
  @Test("end loops over loops")
  func steps() throws {
    var limits = TemplateLimits()
    limits.stepsMax = 10_000
    let error = try #require(
      try failure(
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}", limits: limits))
    #expect(error.kind == .limit)
    #expect(error.detail == "the rendering took more than 10000 steps (limits.steps)")
    #expect(render("{% for a in range(1000) %}{% endfor %}ok", limits: limits) == "ok")
  }

  @Test(
    "count the work of one instruction on large values",
    arguments: [
      "{% for x in n %}{{ 1 if x in n }}{% endfor %}", "{% for x in n %}{{ 1 if n == n }}{% endfor %}",
      "{% for x in n %}{{ n|length }}{% endfor %}", "{% for x in n %}{% set y = n + n %}{% endfor %}",
      "{% for x in n %}{% set y = s ~ s %}{% endfor %}", "{% for x in n %}{% set y = n|sort %}{% endfor %}",
      "{% for x in n %}{{ s[1] }}{% set y = s[1:] %}{% endfor %}",
      "{% for x in n %}{% set y = s|upper %}{% endfor %}",
      "{% for x in n %}{% set y = dict(a=n) %}{% endfor %}", "{% set y = n|map('default', n)|list %}",
      "{% for x in n %}{% set y = [1]|chain(n) %}{% endfor %}",
      "{% for x in n %}{% set y = get_args(*n) %}{% endfor %}",
    ])
  func work(_ body: String) throws {
    var limits = TemplateLimits()
    limits.stepsMax = 100_000
    let source = "{% set n = range(1000)|list %}{% set s = 'abcd' * 4000 %}" + body
    let error = try failure(source, functions: FunctionTable(functions: [getArguments]), limits: limits)
    #expect(error?.kind == .limit)
  }

  @Test("bound the output")
  func output() throws {
    var limits = TemplateLimits()
    limits.outputBytesMax = 100
    #expect(render("{{ 'a' * 100 }}", limits: limits).count == 100)
    #expect(
      try failure("{{ 'a' * 101 }}", limits: limits)?.detail
        == "the output is longer than 100 bytes (limits.outputBytes)")
    #expect(try failure(String(repeating: "a", count: 101), limits: limits)?.kind == .limit)
    #expect(try failure("{% for x in range(20) %}{{ 'a' * 10 }}{% endfor %}", limits: limits)?.kind == .limit)
    #expect(try failure("{% for x in range(20) %}aaaaaaaaaa{% endfor %}", limits: limits)?.kind == .limit)
  }

  @Test("bound the calls of macros")
  func calls() throws {
    var limits = TemplateLimits()
    limits.callDepthMax = 10
    let source = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{{ n }}{% endmacro %}"
    #expect(render(source + "{{ m(5) }}", limits: limits) == "012345")
    #expect(try failure(source + "{{ m(50) }}", limits: limits)?.kind == .limit)
  }

  @Test("keep values from growing while they look small")
  func sharing() throws {
    let source = "{% set ns = namespace(x=range(100000)) %}{{ [ns] * 1000000 }}"
    #expect(try failure(source)?.kind == .limit)
  }
}
