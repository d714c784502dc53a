import Testing

@testable import Template

private let table = FunctionTable(
  functions: [
    Function("header", parameters: ["name"]) { (_) throws(TemplateError) in .none },
    Function("body", parameters: []) { (_) throws(TemplateError) in .none },
  ],
  variables: [HostVariable("connection", attributes: ["id"]) { _, _ in .none }])

private func usage(_ source: String) throws -> TemplateUsage {
  try Template(source, name: "t", functions: table).usage
}

private func fields(_ source: String) throws -> [String] { try usage(source).fields.map(\.name) }

@Suite("What a template uses")
struct UsageTests {
  @Test("fields, with their places")
  func places() throws {
    #expect(
      try usage("{{ model }}\n é{{ user.name }}").fields == [
        .init(name: "model", line: 1, column: 4), .init(name: "user", line: 2, column: 6),
      ])
  }

  @Test("fields that some ways assign to are known")
  func setElsewhere() throws {
    let found = try usage("{% if a %}{% set y = 1 %}{% endif %}{{ y }}{{ z }}").fields
    #expect(found.map { "\($0.name) \($0.isSetElsewhere)" } == ["a false", "y true", "z false"])
  }

  @Test(
    "subtractions that are names of headers",
    arguments: [
      ("{{ headers.X-Incoming-Stuff.0 }}", [#"headers["X-Incoming-Stuff"][0]"#]),
      ("{{ body.headers.x-b }}", [#"body.headers["x-b"]"#]),
      ("{{ x-request-id }}", [#"context()["x-request-id"]"#]),
      ("{{ a.Content-Type|lower }}", [#"a["Content-Type"]"#]),
      ("{{ user-agent }}", [#"context()["user-agent"]"#]),
      ("{{ a.total-a.part }}{{ total-part }}{{ x - y }}{{ x-1 }}{{ n.x -y }}", []),
      ("{% set y = 1 %}{{ x-y }}", []),
    ])
  func hyphens(source: String, expected: [String]) throws {
    #expect(try usage(source).hyphens.map(\.remedy) == expected)
  }

  @Test("fields in every kind of expression")
  func expressions() throws {
    #expect(
      try fields(
        "{{ [a, -b, not c] }}{{ {d: e} }}{{ f + g ~ h }}{{ i if j else k }}{{ l[m:n:o] }}{{ p[q] }}{{ r|default(s) }}"
          + "{{ t is eq(u) }}{{ header(v) }}{{ w.0 }}{{ x in y }}{{ z and z1 }}")
        == [
          "a", "b", "c", "d", "e", "f", "g", "h", "j", "i", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
          "u", "v",
          "w", "x", "y", "z", "z1",
        ])
  }

  @Test("fields in every kind of statement")
  func statements() throws {
    #expect(
      try fields(
        "{% if a %}{{ b }}{% elif c %}{% else %}{{ d }}{% endif %}{% for x in e if f %}{{ g }}{% else %}{{ h }}{% endfor %}"
          + "{% set v = i %}{% set w %}{{ j }}{% endset %}{% with u = k %}{{ l }}{% endwith %}{% filter default(m) %}{{ n }}"
          + "{% endfilter %}{% do range(o) %}{% autoescape p %}{{ q }}{% endautoescape %}"
          + "{% macro m1(y=r) %}{{ s }}{% endmacro %}{% call m1(t) %}{{ t1 }}{% endcall %}")
        == [
          "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "n", "m", "o", "p", "q", "r", "s", "t",
          "t1",
        ])
  }

  @Test("variables are no fields, where they are set on every way")
  func variables() throws {
    #expect(try fields("{% set x = 1 %}{{ x }}") == [])
    #expect(try fields("{{ x }}{% set x = 1 %}") == ["x"])
    #expect(try fields("{% if a %}{% set x = 1 %}{% endif %}{{ x }}") == ["a", "x"])
    #expect(try fields("{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}") == ["a"])
    #expect(
      try fields(
        "{% for x in [1] %}{{ x }}{{ loop.index }}{% set y = x %}{{ y }}{% endfor %}{{ x }}{{ y }}{{ loop }}")
        == ["x", "y", "loop"])
    #expect(try fields("{% with x = 1 %}{{ x }}{% endwith %}{{ x }}") == ["x"])
    #expect(try fields("{% macro m(x) %}{{ x }}{{ caller() }}{% endmacro %}{{ m(1) }}{{ x }}") == ["x"])
    #expect(try fields("{% set x = x %}") == ["x"])
  }

  @Test("calls of the host's functions, with a first argument that is a literal")
  func calls() throws {
    #expect(
      try usage(
        "{{ header('x-a') }}{% if header(name) %}{{ 'a' ~ header(\"x\" \"-b\") }}{% endif %}{{ body() }}"
      ).calls == [
        .init(function: "header", literal: "x-a", line: 1, column: 4),
        .init(function: "header", literal: nil, line: 1, column: 26),
        .init(function: "header", literal: "x-b", line: 1, column: 50),
        .init(function: "body", literal: nil, line: 1, column: 83),
      ])
    #expect(try usage("{{ range(3) }}{{ header(body()) }}").calls.map(\.function) == ["body", "header"])
    #expect(try usage("{{ header(name='x-c') }}").calls.map(\.literal) == ["x-c"])
  }

  @Test("a field with a function's name is a field")
  func functionNames() throws {
    let usage = try usage("{{ header }}{{ header('a') }}")
    #expect(usage.fields.map(\.name) == ["header"])
    #expect(usage.calls.map(\.function) == ["header"])
  }

  @Test("variables of the host, with an attribute that is a literal")
  func hostVariables() throws {
    #expect(
      try usage("{{ connection.id }}{{ connection['id'] }}{{ connection[x] }}{{ connection }}").variables == [
        .init(name: "connection", attribute: "id"), .init(name: "connection", attribute: "id"),
        .init(name: "connection", attribute: nil), .init(name: "connection", attribute: nil),
      ])
    #expect(try usage("{% set connection = 1 %}{{ connection.id }}").variables == [])
  }
}
