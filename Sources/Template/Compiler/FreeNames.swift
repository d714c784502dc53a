/// The names that a macro's code reads: what may have to be kept for it where it is declared.
struct FreeNames {
  private var names: Set<String> = []

  static func read(by macro: MacroDeclaration) -> Set<String> {
    var walk = FreeNames()
    walk.visit(macro)
    return walk.names
  }

  private mutating func visit(_ macro: MacroDeclaration) {
    for parameter in macro.parameters { if let value = parameter.default { visit(value) } }
    visit(macro.body)
  }

  private mutating func visit(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  private mutating func visit(_ statement: Statement) {
    switch statement {
    case .text, .break, .continue: return
    case .emit(let expression), .do(let expression), .set(_, let expression): visit(expression)
    case .if(let branches, let otherwise):
      for (condition, body) in branches {
        visit(condition)
        visit(body)
      }
      visit(otherwise)
    case .for(let loop):
      visit(loop.sequence)
      if let filter = loop.filter { visit(filter) }
      visit(loop.body)
      visit(loop.otherwise)
    case .setBlock(_, let filter, let body, _):
      if let filter { visit(filter) }
      visit(body)
    case .with(let assignments, let body, _):
      for assignment in assignments { visit(assignment.value) }
      visit(body)
    case .filterBlock(let expression, let body, _), .autoescape(let expression, let body, _):
      visit(expression)
      visit(body)
    case .macro(let macro): visitInner(macro)
    case .callBlock(let call, let macro):
      visit(call)
      visitInner(macro)
    }
    // Setting an attribute reads the namespace.
    if case .set(.attribute(let object, _, _), _) = statement { visit(object) }
    if case .setBlock(.attribute(let object, _, _), _, _, _) = statement { visit(object) }
  }

  /// A macro inside has a `caller` of its own.
  private mutating func visitInner(_ macro: MacroDeclaration) {
    let readsCaller = names.contains("caller")
    visit(macro)
    if !readsCaller { names.remove("caller") }
  }

  private mutating func visit(_ expression: Expression) {
    if let name = expression.name { names.insert(name) }
    for part in expression.parts { visit(part) }
  }
}

extension Expression {
  /// The expressions directly inside of this one.
  var parts: [Expression] {
    switch node {
    case .constant, .name: []
    case .list(let elements): elements
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    case .negate(let operand), .not(let operand), .attribute(let operand, _), .position(let operand, _):
      [operand]
    case .calculate(_, let left, let right), .compare(_, let left, let right), .contains(let left, let right),
      .concatenate(let left, let right), .and(let left, let right), .or(let left, let right),
      .item(let left, let right):
      [left, right]
    case .conditional(let condition, let then, let otherwise):
      [condition, then] + (otherwise.map { [$0] } ?? [])
    case .slice(let object, let start, let stop, let step): [object] + [start, stop, step].compactMap { $0 }
    case .call(let callee, let arguments): [callee] + arguments.map(\.expression)
    case .filter(let input, _, _, let arguments): (input.map { [$0] } ?? []) + arguments.map(\.expression)
    case .test(let operand, _, _, let arguments): [operand] + arguments.map(\.expression)
    }
  }
}
