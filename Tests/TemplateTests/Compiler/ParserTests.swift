import Testing

@testable import Template

/// An expression with all its parentheses.
private func shape(_ expression: Expression) -> String {
  switch expression.node {
  case .constant(let value): String(decoding: value.textBytes, as: UTF8.self)
  case .name(let name): name
  case .negate(let operand): "(- \(shape(operand)))"
  case .not(let operand): "(not \(shape(operand)))"
  case .calculate(let arithmetic, let left, let right):
    "(\(shape(left)) \(arithmetic.symbol) \(shape(right)))"
  case .compare(let comparison, let left, let right): "(\(shape(left)) \(comparison) \(shape(right)))"
  case .contains(let element, let container): "(\(shape(element)) in \(shape(container)))"
  case .concatenate(let left, let right): "(\(shape(left)) ~ \(shape(right)))"
  case .and(let left, let right): "(\(shape(left)) and \(shape(right)))"
  case .or(let left, let right): "(\(shape(left)) or \(shape(right)))"
  case .conditional(let condition, let then, let otherwise):
    "(\(shape(then)) if \(shape(condition)) else \(otherwise.map(shape) ?? "nothing"))"
  case .filter(let input, let name, _, _): "(\(input.map(shape) ?? "")|\(name))"
  case .test(let operand, let name, _, let arguments):
    "(\(shape(operand)) is \(name)\(arguments.map { " " + shape($0.expression) }.joined()))"
  case .attribute(let object, let name): "\(shape(object)).\(name)"
  case .position(let object, let number): "\(shape(object)).\(number)"
  case .item(let object, let key): "\(shape(object))[\(shape(key))]"
  case .call(let callee, let arguments):
    "\(shape(callee))(\(arguments.map { shape($0.expression) }.joined(separator: ",")))"
  default: "?"
  }
}

@Suite("The parser")
struct ParserTests {
  private func parsed(_ source: String) throws -> String {
    let template = TemplateSource(name: "t", bytes: Array("{{ \(source) }}".utf8))
    guard case .emit(let expression)? = try Parser.parse(template, limits: .standard).first else { return "" }
    return shape(expression)
  }

  @Test(
    "knows which operator binds tighter",
    arguments: [
      ("a or b and c", "(a or (b and c))"),
      ("not a and b", "((not a) and b)"),
      ("not a == b", "(not (a equal b))"),
      ("a + b == c", "((a + b) equal c)"),
      ("a not in b + c", "(not (a in (b + c)))"),
      ("a + b ~ c", "(a + (b ~ c))"),
      ("a ~ b * c", "(a ~ (b * c))"),
      ("a * b ** c", "(a * (b ** c))"),
      ("-a ** b", "((- a) ** b)"),
      ("a ** -b", "(a ** (- b))"),
      ("-a.b|f", "((- a.b)|f)"),
      ("a + b|f", "(a + (b|f))"),
      ("a is even and b", "((a is even) and b)"),
      ("a is not even", "(not (a is even))"),
      ("a is eq b + 1", "((a is eq b) + 1)"),
      ("a is divisibleby -2|f", "((a is divisibleby -2)|f)"),
      ("a is in b", "(a is in b)"),
      ("a if b else c if d else e", "(a if b else (c if d else e))"),
      ("a if b", "(a if b else nothing)"),
      ("a is odd if b else c", "((a is odd) if b else c)"),
    ])
  func precedence(_ source: String, _ expected: String) throws {
    #expect(try parsed(source) == expected)
  }

  @Test(
    "goes from left to right among equals",
    arguments: [
      ("a - b - c", "((a - b) - c)"), ("a / b * c", "((a / b) * c)"), ("a ** b ** c", "((a ** b) ** c)"),
      ("a < b < c", "((a less b) less c)"), ("a|f|g", "((a|f)|g)"), ("a ~ b ~ c", "((a ~ b) ~ c)"),
      ("a.b[c].0(d).e", "a.b[c].0(d).e"),
    ])
  func associativity(_ source: String, _ expected: String) throws {
    #expect(try parsed(source) == expected)
  }

  @Test("folds lists, maps and negative numbers of constants")
  func folding() throws {
    #expect(try parsed("[1, (2, {'a': -3})]") == #"[1, [2, {"a": -3}]]"#)
  }

  @Test(
    "refuses nesting and chains without end",
    arguments: [
      String(repeating: "(", count: 10_000), String(repeating: "[", count: 10_000),
      String(repeating: "{1:", count: 10_000),
      String(repeating: "-", count: 10_000) + "1", String(repeating: "not ", count: 10_000) + "1",
      String(repeating: "1+", count: 10_000) + "1", "a" + String(repeating: ".b", count: 10_000),
      "a" + String(repeating: "|upper", count: 10_000), "a" + String(repeating: "[0]", count: 10_000),
      "a" + String(repeating: "()", count: 10_000), String(repeating: "1 if 1 else ", count: 10_000) + "1",
      "1" + String(repeating: " if 1", count: 10_000), String(repeating: "a(", count: 10_000),
    ])
  func depth(_ source: String) throws {
    #expect(try failure("{{ \(source) }}")?.kind == .limit)
    #expect(try failure("{% if \(source) %}{% endif %}") != nil)
  }

  @Test("refuses blocks nested without end")
  func blocks() throws {
    #expect(try failure(String(repeating: "{% if 1 %}", count: 10_000))?.kind == .limit)
    #expect(try failure("{% for " + String(repeating: "(", count: 10_000))?.kind == .limit)
    let loops =
      String(repeating: "{% for x in [1] %}", count: 100) + "x"
      + String(repeating: "{% endfor %}", count: 100)
    #expect(render(loops) == "x")
  }

  @Test("takes any number of branches")
  func branches() {
    let source = "{% if 0 %}" + String(repeating: "{% elif 0 %}", count: 5000) + "{% else %}x{% endif %}"
    #expect(render(source) == "x")
  }
}
