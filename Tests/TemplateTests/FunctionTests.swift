import JSON
import Template
import Testing

private let echo = Function("echo", parameters: ["text", "suffix"], required: 1) {
  (call) throws(TemplateError) in
  let first = try call.withText(0) { (text) throws(TemplateError) in String(decoding: text, as: UTF8.self) }
  let second = try call.withText(1) { (text) throws(TemplateError) in String(decoding: text, as: UTF8.self) }
  return Value("\(call.argumentCount):\(first)\(second)")
}

private let written = Function(
  "written", parameters: ["text"],
  emit: { (call, output) throws(TemplateError) in
    output.append(UInt8(ascii: "!"))
    try call.withText(0) { (text) throws(TemplateError) in output.append(contentsOf: text) }
  },
  body: { (call) throws(TemplateError) in
    .string(try call.withText(0) { (text) throws(TemplateError) in Array(text) })
  })

private let double = Function("double", parameters: ["n"]) { (call) throws(TemplateError) in
  .int(Int64(try call.integer(0)) * 2)
}

private let failing = Function("failing", parameters: ["n"], required: 0) { (call) throws(TemplateError) in
  throw call.error(.badArguments, "not today")
}

private let table = FunctionTable(
  functions: [echo, written, double, failing, getArguments],
  variables: [
    HostVariable("connection", attributes: ["id", "mtls"]) { _, attribute in
      attribute == "id" ? .int(7) : attribute == "mtls" ? .bool(true) : .undefined
    }
  ])

@Suite("Functions of the host")
struct FunctionTests {
  @Test("are called with arguments in the order of their parameters")
  func arguments() {
    #expect(
      render("{{ echo('a') }} {{ echo('a', 'b') }} {{ echo(suffix='s', text='t') }}", functions: table)
        == "1:a 2:ab 2:ts")
    #expect(render("{{ echo(*['x', 'y']) }} {{ echo(**{'text': 'z'}) }}", functions: table) == "2:xy 1:z")
    #expect(render("{{ echo(1.50, none) }}", functions: table) == "2:1.5none")
    #expect(render("{{ echo(n) }}", #"{"n": 1.50}"#, functions: table) == "1:1.50")
  }

  @Test("write to the output where they are a whole tag, and give a value elsewhere")
  func emit() {
    #expect(render("{{ written('a') }}{{ written(n) }}", #"{"n": "b"}"#, functions: table) == "!a!b")
    #expect(render("{{ written('a')|upper }} {{ written('a') ~ '' }}", functions: table) == "A a")
    #expect(render("{% set x = written('a') %}{{ x }}", functions: table) == "a")
    // What is escaped has to be a value first.
    #expect(render("{% autoescape true %}{{ written('<') }}{% endautoescape %}", functions: table) == "&lt;")
  }

  @Test("are not hidden by fields of the same name")
  func fields() {
    let body = #"{"echo": "field", "double": [1]}"#
    #expect(
      render("{{ echo }} {{ echo('a') }} {{ double }} {{ double(4) }}", body, functions: table)
        == "field 1:a [1] 8")
  }

  @Test("are hidden by variables of the same name, as long as there is one")
  func variables() {
    #expect(
      render("{{ double(1) }}{% with double = 5 %}{{ double }}{% endwith %}{{ double(2) }}", functions: table)
        == "254")
    #expect(
      render("{% macro echo(x) %}mine {{ x }}{% endmacro %}{{ echo(1) }}", functions: table) == "mine 1")
    #expect(
      render("{% set double = 5 %}{{ double(1) }}", functions: table).contains(
        "a value of type number cannot be called"))
  }

  @Test("with the wrong arguments are refused when the template is compiled")
  func wrongArguments() throws {
    func compile(_ source: String) -> String {
      do {
        _ = try Template(source, name: "t", functions: table)
        return "compiled"
      } catch {
        return error.detail
      }
    }
    #expect(compile("{% if false %}{{ echo() }}{% endif %}") == "`echo` needs the argument `text`")
    #expect(compile("{{ echo(1, 2, 3) }}") == "`echo` takes 2 arguments at most, not 3")
    #expect(compile("{{ echo(1, sufix=2) }}") == "`echo` has no parameter `sufix`; did you mean `suffix`?")
    #expect(compile("{{ echo(1, text=2) }}") == "the argument `text` of `echo` is given twice")
    #expect(compile("{{ echo(suffix=2) }}") == "`echo` needs the argument `text`")
    #expect(compile("{{ eco(1) }}") == "unknown function `eco`; did you mean `echo`?")
  }

  @Test("with the wrong arguments are refused when only rendering shows it")
  func wrongSpread() {
    #expect(
      render("{{ echo(*[1, 2, 3]) }}", functions: table).contains("`echo` takes 2 arguments at most, not 3"))
    #expect(render("{{ echo(*[]) }}", functions: table).contains("`echo` needs the argument `text`"))
    #expect(render("{{ echo(1, **{'x': 1}) }}", functions: table).contains("`echo` has no parameter `x`"))
    #expect(
      render("{% set double = echo %}{{ double(1, 2, 3) }}", functions: table)
        .contains("`echo` takes 2 arguments at most, not 3"))
    #expect(
      render("{% set double = triple %}{{ double(1, 2) }}", functions: table).contains("cannot be called"))
  }

  @Test("are values")
  func values() {
    #expect(
      render("{% set double = echo %}{% for double in [] %}{% endfor %}{{ double(1, 2) }}", functions: table)
        == "2:12")
    #expect(
      render("{% set all = {'e': echo} %}{{ all.e(suffix=2, text=1) }}", functions: table)
        == render("{{ echo(suffix=2, text=1) }}", functions: table))
  }

  @Test("may take any arguments, keywords last")
  func variadic() {
    #expect(
      render("{{ get_args(1, *[2, 3], four=4, **{5: 6}) }}", functions: table)
        == #"[1, 2, 3, {"four": 4, 5: 6}]"#)
    #expect(render("{{ get_args() }}", functions: table) == "[]")
  }

  @Test("fail at the place of their call")
  func errors() throws {
    let error = try #require(try failure("a\n {{ double('x') }}", functions: table))
    #expect((error.kind, error.line, error.column, error.length) == (.badArguments, 2, 5, 11))
    #expect(error.detail == "the argument `n` of `double` must be a whole number, not string")
    #expect(try failure("{{ 1 ~ failing() }}", functions: table)?.column == 8)
  }

  @Test("take integers where they are whole numbers by value")
  func integers() {
    #expect(
      render("{{ double(2.0) }} {{ double(true) }} {{ double(n) }}", #"{"n": 21}"#, functions: table)
        == "4 2 42")
    #expect(render("{{ double(2.5) }}", functions: table).contains("must be a whole number"))
    #expect(render("{{ double('2') }}", functions: table).contains("must be a whole number"))
  }
}

@Suite("Variables of the host")
struct HostVariableTests {
  @Test("answer ahead of fields, also when there is no body")
  func attributes() {
    let body = #"{"connection": {"id": "field"}}"#
    #expect(render("{{ connection.id }} {{ connection['mtls'] }}", body, functions: table) == "7 true")
    #expect(render("{{ connection.id }}", nil, functions: table) == "7")
  }

  @Test("have no attributes but their own")
  func unknown() {
    #expect(render("[{{ connection.port }}]", functions: table) == "[]")
    #expect(render("{{ connection.port is undefined }}", functions: table) == "true")
    #expect(
      render("{{ connection.port.x }}", functions: table).contains("`connection.port`, which is undefined"))
  }

  @Test("can be printed, walked over and asked by a computed name")
  func values() {
    #expect(render("{{ connection }}", functions: table) == #"{"id": 7, "mtls": true}"#)
    #expect(
      render("{% for k, v in connection|items %}{{ k }}{{ v }} {% endfor %}", functions: table)
        == "id7 mtlstrue ")
    #expect(
      render("{{ connection['i' ~ 'd'] }} {{ connection|tojson }}", functions: table)
        == #"7 {"id":7,"mtls":true}"#)
    #expect(render("{{ connection is mapping }} {{ 'id' in connection }}", functions: table) == "true true")
  }

  @Test("are hidden by a variable of the template")
  func hidden() {
    #expect(render("{% set connection = {'id': 1} %}{{ connection.id }}", functions: table) == "1")
  }
}
