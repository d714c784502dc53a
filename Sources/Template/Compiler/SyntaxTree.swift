/// An expression with its place.
struct Expression {
  indirect enum Node {
    case constant(Value)
    case name(String)
    case list([Expression])
    case map([(key: Expression, value: Expression)])
    case negate(Expression)
    case not(Expression)
    case calculate(Arithmetic, Expression, Expression)
    case compare(Comparison, Expression, Expression)
    case contains(element: Expression, container: Expression)
    case concatenate(Expression, Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case conditional(condition: Expression, then: Expression, otherwise: Expression?)
    case attribute(Expression, String)
    /// `value.0`
    case position(Expression, Int64)
    case item(Expression, Expression)
    case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
    case call(Expression, [Argument])
    /// `input` is nil in a filter block, whose text is already there.
    case filter(input: Expression?, name: String, nameSpan: Span, [Argument])
    case test(Expression, name: String, nameSpan: Span, [Argument])
  }

  let node: Node
  let span: Span
  /// How many expressions are inside one another, this one included.
  let depth: Int

  var constant: Value? {
    if case .constant(let value) = node { value } else { nil }
  }

  var name: String? {
    if case .name(let name) = node { name } else { nil }
  }

  /// For error messages.
  var description: String {
    switch node {
    case .constant: "a constant"
    case .name: "a name"
    case .list: "a list"
    case .map: "a map"
    case .call: "a call"
    case .filter: "a filter"
    case .test: "a test"
    default: "an expression"
    }
  }
}

/// The operators that compare.
enum Comparison: UInt8, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// An argument of a call.
enum Argument {
  case positional(Expression)
  case keyword(String, Span, Expression)
  /// `*list`
  case spread(Expression)
  /// `**map`
  case spreadKeywords(Expression)

  var isPositional: Bool {
    if case .positional = self { true } else { false }
  }

  var expression: Expression {
    switch self {
    case .positional(let expression), .keyword(_, _, let expression), .spread(let expression),
      .spreadKeywords(let expression):
      expression
    }
  }
}

/// Where an assignment goes.
indirect enum Target {
  case name(String, Span)
  /// `namespace.attribute`
  case attribute(Expression, String, Span)
  case list([Target], Span)
}

/// A statement.
indirect enum Statement {
  case text([UInt8])
  case emit(Expression)
  case `if`(branches: [(condition: Expression, body: [Statement])], otherwise: [Statement])
  case `for`(ForLoop)
  case set(Target, Expression)
  /// `{% set name | filter %}…{% endset %}`
  case setBlock(Target, filter: Expression?, body: [Statement], Span)
  case with([(target: Target, value: Expression)], body: [Statement], Span)
  case filterBlock(Expression, body: [Statement], Span)
  case autoescape(Expression, body: [Statement], Span)
  case macro(MacroDeclaration)
  case callBlock(Expression, MacroDeclaration)
  case `do`(Expression)
  case `break`(Span)
  case `continue`(Span)
}

struct ForLoop {
  let target: Target
  let sequence: Expression
  let filter: Expression?
  let isRecursive: Bool
  let body: [Statement]
  let otherwise: [Statement]
  let span: Span
}

struct MacroDeclaration {
  let name: String
  let parameters: [(name: String, default: Expression?)]
  let body: [Statement]
  let span: Span
}
