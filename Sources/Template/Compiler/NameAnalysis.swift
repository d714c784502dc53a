/// Which names a template assigns to, and what it reads of the host and the body.
///
/// A function's name is a value, `{% set f = range %}`, only in templates that call one (`f(3)`, `{"f": range}.f(3)`),
/// and only where it is the whole of what a variable, a parameter, a list or a map gets: everywhere else it is the name of
/// a field, which a client's body may have.
struct NameAnalysis {
  /// Every name that some statement assigns to, anywhere: all others are never variables.
  private(set) var assigned: Set<String> = []
  private(set) var usage = TemplateUsage()
  /// Some loop is asked for its neighbours, or handed on as a value that may be.
  private(set) var tracksNeighbours = false
  /// Some call is of a value that may be a function.
  private var callsValues = false
  /// What is assigned in other ways than by `macro`.
  private var assignedValues: Set<String> = []
  private var calledNames: Set<String> = []
  /// The names that stand for functions where they are values.
  private var functionValues: Set<String> = []

  /// The functions of the host by their names.
  private let functions: [String: Function]
  private let variables: Set<String>
  /// The names that are variables for certain at this point, on every path that leads here.
  private var defined: Set<String> = []
  /// The same in the order in which they came, so that a block's end can take back what it defined: to copy the set for
  /// each block would take time that grows with the square of the template.
  private var definitions: [String] = []

  static func analyze(_ statements: [Statement], functions: FunctionTable) -> NameAnalysis {
    var analysis = NameAnalysis(functions)
    analysis.visit(statements)
    if analysis.callsValues || !analysis.calledNames.isDisjoint(with: analysis.assignedValues) {
      let known = Set(functions.functions.map(\.name) + Builtins.functions.names)
      let assigned = analysis.assigned
      analysis = NameAnalysis(functions)
      analysis.functionValues = known.subtracting(assigned).subtracting(functions.variables.map(\.name))
      analysis.visit(statements)
    }
    for index in analysis.usage.fields.indices {
      analysis.usage.fields[index].isSetElsewhere = analysis.assigned.contains(
        analysis.usage.fields[index].name)
    }
    return analysis
  }

  /// The function that the expression is, where it becomes a value.
  func functionValue(_ expression: Expression) -> String? {
    expression.name.flatMap { functionValues.contains($0) ? $0 : nil }
  }

  private init(_ functions: FunctionTable) {
    self.functions = Dictionary(
      functions.functions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    variables = Set(functions.variables.map(\.name))
  }

  // MARK: - Statements

  @inline(never)
  private mutating func visit(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  @inline(never)
  private mutating func visit(_ statement: Statement) {
    switch statement {
    case .text, .break, .continue: return
    case .emit(let expression), .do(let expression): visit(expression)
    case .if(let branches, let otherwise): visitIf(branches, otherwise)
    case .for(let loop): visitFor(loop)
    case .set(let target, let value):
      visitValue(value)
      define(target)
    case .setBlock(let target, let filter, let body, _):
      visit(body)
      if let filter { visit(filter) }
      define(target)
    case .with(let assignments, let body, _):
      let outside = definitions.count
      for (target, value) in assignments {
        visitValue(value)
        define(target)
      }
      visit(body)
      takeBack(from: outside)
    case .filterBlock(let filter, let body, _):
      visit(body)
      visit(filter)
    case .autoescape(let mode, let body, _):
      visit(mode)
      visit(body)
    case .macro(let macro):
      visitMacro(macro)
      define(macro.name)
    case .callBlock(let call, let macro):
      visit(call)
      visitMacro(macro)
    }
  }

  /// What every branch defines is defined behind.
  private mutating func visitIf(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
  ) {
    var common: Set<String>?
    for (condition, body) in branches {
      visit(condition)
      let names = definitions(of: body)
      common = common?.intersection(names) ?? names
    }
    let names = definitions(of: otherwise)
    for name in common?.intersection(names) ?? names { insert(name) }
  }

  /// What a block defines and nothing before it; behind it, that is taken back.
  private mutating func definitions(of body: [Statement]) -> Set<String> {
    let outside = definitions.count
    visit(body)
    let names = Set(definitions[outside...])
    takeBack(from: outside)
    return names
  }

  private mutating func visitFor(_ loop: ForLoop) {
    visit(loop.sequence)
    let outside = definitions.count
    define(loop.target)
    if let filter = loop.filter { visit(filter) }
    insert("loop")
    visit(loop.body)
    takeBack(from: outside)
    // It runs only when there was nothing to loop over.
    visit(loop.otherwise)
    takeBack(from: outside)
  }

  private mutating func visitMacro(_ macro: MacroDeclaration) {
    assigned.insert("caller")
    let outside = definitions.count
    for (name, value) in macro.parameters {
      if let value { visitValue(value) }
      define(name)
      assignedValues.insert(name)
    }
    insert("caller")
    // A macro inside of a loop sees no `loop` but the one that it is declared in, which may have ended.
    visit(macro.body)
    takeBack(from: outside)
  }

  private mutating func define(_ name: String) {
    assigned.insert(name)
    insert(name)
  }

  private mutating func insert(_ name: String) {
    if defined.insert(name).inserted { definitions.append(name) }
  }

  private mutating func takeBack(from count: Int) {
    for name in definitions[count...] { defined.remove(name) }
    definitions.removeSubrange(count...)
  }

  private mutating func define(_ target: Target) {
    switch target {
    case .name(let name, _):
      define(name)
      assignedValues.insert(name)
    case .attribute(let object, _, _): visit(object)
    case .list(let targets, _): for target in targets { define(target) }
    }
  }

  // MARK: - Expressions

  // Not inlined, as the statements: the optimizer would put copies of the whole walk into one another.
  @inline(never)
  private mutating func visit(_ expression: Expression) {
    switch expression.node {
    case .constant: return
    case .name(let name): visitName(name, attribute: nil, at: expression.span)
    case .list(let elements): for element in elements { visitValue(element) }
    case .map(let entries):
      for (key, value) in entries {
        visit(key)
        visitValue(value)
      }
    case .negate(let operand), .not(let operand), .position(let operand, _): visit(operand)
    case .calculate(_, let left, let right):
      noteHyphens(expression)
      visit(left)
      visit(right)
    case .compare(_, let left, let right), .contains(let left, let right), .concatenate(let left, let right),
      .and(let left, let right), .or(let left, let right):
      visit(left)
      visit(right)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    case .attribute(let object, let name): visitAttribute(of: object, name)
    case .item(let object, let key):
      if case .string(let bytes)? = key.constant {
        visitAttribute(of: object, String(decoding: bytes, as: UTF8.self))
      } else {
        visit(object)
        visit(key)
      }
    case .slice(let object, let start, let stop, let step):
      visit(object)
      for bound in [start, stop, step] { if let bound { visit(bound) } }
    case .call(let callee, let arguments): visitCall(callee, arguments, at: expression.span)
    case .filter(let input, _, _, let arguments):
      if let input { visit(input) }
      visit(arguments)
    case .test(let operand, _, _, let arguments):
      visit(operand)
      visit(arguments)
    }
  }

  private mutating func noteHyphens(_ expression: Expression) {
    guard let hyphenated = HyphenatedName(expression),
      !hyphenated.names.contains(where: { defined.contains($0) || variables.contains($0) })
    else { return }
    let place = (line: Int(expression.span.line), column: Int(expression.span.column))
    // A part of one that was noted.
    if let last = usage.hyphens.last, (last.line, last.column) == place { return }
    usage.hyphens.append(
      .init(
        remedy: hyphenated.remedy, line: place.line, column: place.column,
        length: Int(expression.span.end) - Int(expression.span.start)))
  }

  private mutating func visit(_ arguments: [Argument]) {
    for argument in arguments { visit(argument.expression) }
  }

  /// What becomes a value as it is.
  private mutating func visitValue(_ expression: Expression) {
    if case .conditional(let condition, let then, let otherwise) = expression.node {
      visit(condition)
      visitValue(then)
      if let otherwise { visitValue(otherwise) }
      return
    }
    guard let name = functionValue(expression) else { return visit(expression) }
    guard let function = functions[name] else { return }
    let span = expression.span
    usage.calls.append(
      TemplateUsage.Call(
        function: name, reads: function.reads, line: Int(span.line), column: Int(span.column)))
  }

  private mutating func visitName(_ name: String, attribute: String?, at span: Span) {
    if name == "loop", attribute.flatMap({ LoopState.Attribute(name: $0) }) == nil { tracksNeighbours = true }
    if defined.contains(name) { return }
    if variables.contains(name) {
      usage.variables.append(.init(name: name, attribute: attribute))
      return
    }
    usage.fields.append(.init(name: name, line: Int(span.line), column: Int(span.column)))
  }

  private mutating func visitAttribute(of object: Expression, _ name: String) {
    if object.name == "loop", name == "previtem" || name == "nextitem" { tracksNeighbours = true }
    if let root = object.name {
      visitName(root, attribute: name, at: object.span)
    } else {
      visit(object)
    }
  }

  private mutating func visitCall(_ callee: Expression, _ arguments: [Argument], at span: Span) {
    guard let name = callee.name else {
      for argument in arguments { visitValue(argument.expression) }
      if case .attribute(let object, let method) = callee.node {
        // A method of a loop is no attribute that reads the loop's neighbours.
        if object.name == "loop", defined.contains("loop") { return }
        if !Methods.names.contains(method) { callsValues = true }
      } else {
        callsValues = true
      }
      visit(callee)
      return
    }
    calledNames.insert(name)
    guard let function = functions[name], !defined.contains(name) else {
      for argument in arguments { visitValue(argument.expression) }
      return
    }
    visit(arguments)
    var call = TemplateUsage.Call(
      function: name, reads: function.reads, line: Int(span.line), column: Int(span.column))
    for (position, parameter) in function.parameters.enumerated() {
      switch Self.argument(arguments, position, parameter)?.constant {
      case .string(let bytes) where position == 0: call.literal = String(decoding: bytes, as: UTF8.self)
      case .bool(true): call.isTrue.insert(parameter)
      default: continue
      }
    }
    usage.calls.append(call)
  }

  /// What is given for a parameter, by place or by name.
  private static func argument(_ arguments: [Argument], _ position: Int, _ parameter: String) -> Expression? {
    let before = arguments.prefix(position + 1)
    if before.count == position + 1, before.allSatisfy(\.isPositional) { return before.last?.expression }
    for case .keyword(let name, _, let expression) in arguments where name == parameter { return expression }
    return nil
  }
}
