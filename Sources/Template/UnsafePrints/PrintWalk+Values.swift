/// What an expression prints, and what is known of its text.
extension PrintWalk {
  /// `{{ expression }}`
  mutating func emit(_ expression: Expression) {
    guard goes() else { return }
    switch expression.node {
    case .constant(let value) where !asJSON && value.kind == .string: write(value.textBytes)
    case .concatenate(let left, let right) where !asJSON:
      nested { $0.emit(left) }
      nested { $0.emit(right) }
    case .conditional(let condition, let then, let otherwise):
      let outside = environment
      either { walk in
        walk.refine(by: condition, being: true)
        walk.emit(then)
        walk.environment = outside
      } _: { walk in
        walk.refine(by: condition, being: false)
        if let otherwise { walk.emit(otherwise) }
        walk.environment = outside
      }
    case .filter(let input?, let name, _, _) where Self.passesOn.contains(name) && isBlock(input):
      nested { $0.emit(input) }
    case .filter(let input?, "safe", _, _) where asJSON:
      asJSON = false
      nested { $0.emit(input) }
      asJSON = true
    case .call(let callee, let arguments):
      if let name = callee.name, case .macro(let macro, let declared)? = environment[name] {
        emit(macro, declared, arguments)
      } else {
        note(printed(expression), expression)
      }
    case .name(let name): emit(environment[name], expression)
    default: note(printed(expression), expression)
    }
  }

  private static let passesOn: Set<String> = ["trim", "indent", "safe", "string"]

  /// What a block or a macro has written.
  private func isBlock(_ expression: Expression) -> Bool {
    switch expression.node {
    case .name(let name): if case .block? = environment[name] { true } else { false }
    case .call(let callee, _):
      if let name = callee.name, case .macro? = environment[name] { true } else { false }
    case .filter(let input?, let name, _, _): Self.passesOn.contains(name) && isBlock(input)
    default: false
    }
  }

  private mutating func emit(_ content: PrintEnvironment.Content?, _ expression: Expression) {
    guard goes() else { return }
    switch content {
    case nil, .value?, .macro?: note(printed(expression), expression)
    // Where it is printed is where it has to be mended.
    case .expression(let value, let then)?:
      if Self.isComposed(value) {
        inside(then) { $0.emit(value) }
      } else {
        note(printed(expression), expression)
      }
    case .block(let body, let then, let wasJSON)?:
      let outside = asJSON
      asJSON = wasJSON
      inside(then) { $0.walk(body) }
      asJSON = outside
    case .either(let first, let second)?:
      either {
        $0.emit(first, expression)
      } _: {
        $0.emit(second, expression)
      }
    }
  }

  /// Of pieces that are looked at one by one.
  private static func isComposed(_ expression: Expression) -> Bool {
    switch expression.node {
    case .concatenate, .conditional, .constant: true
    default: false
    }
  }

  /// `{{ macro(…) }}`
  private mutating func emit(
    _ macro: MacroDeclaration, _ declared: PrintEnvironment, _ arguments: [Argument]
  ) {
    let caller = environment["caller"]
    let outside = environment
    var inner = declared
    inner.bind(macro.name, .macro(macro, declared), id: newID())
    if let caller { inner.bind("caller", caller, id: newID()) }
    let positional = arguments.filter(\.isPositional).map(\.expression)
    for (position, parameter) in macro.parameters.enumerated() {
      var given = position < positional.count ? positional[position] : nil
      for case .keyword(parameter.name, _, let value) in arguments { given = value }
      let content: PrintEnvironment.Content
      if let given {
        content = .expression(given, outside)
      } else if let value = parameter.default {
        content = .expression(value, declared)
      } else {
        content = .value(.unknown)
      }
      inner.bind(parameter.name, content, id: newID())
    }
    inside(inner) { $0.walk(macro.body) }
  }

  /// As `{{ }}` prints it.
  private mutating func printed(_ expression: Expression) -> PrintedKind {
    let kind = evaluate(expression).kind
    guard asJSON else { return kind }
    if case .filter(_, "tojson", _, _) = expression.node { return kind }
    if case .call(let callee, _) = expression.node, let name = callee.name,
      let text = functions[name], text == .json || text == .escaped
    {
      return kind
    }
    if let constant = expression.constant, constant.kind == .string { return .json }
    return kind.contains(.unquoted) ? .number : .json
  }

  // MARK: What is known

  mutating func evaluate(_ content: PrintEnvironment.Content) -> PrintedValue {
    guard goes() else { return .unknown }
    switch content {
    case .value(let value): return value
    case .expression(let expression, let then): return inside(then) { $0.evaluate(expression) }
    case .block, .macro: return .unknown
    case .either(let first, let second):
      return nested { walk in walk.evaluate(first).or(walk.evaluate(second)) }
    }
  }

  mutating func evaluate(_ expression: Expression) -> PrintedValue {
    guard goes() else { return .unknown }
    if let key = PrintEnvironment.key(expression), let content = environment[key] {
      return evaluate(content)
    }
    return nested { $0.known(expression) }
  }

  private mutating func known(_ expression: Expression) -> PrintedValue {
    switch expression.node {
    case .constant(let value): return PrintedValue(constant: value)
    case .list(let elements):
      let kinds = elements.map { evaluate($0).kind }
      return PrintedValue(.unknown, elements: kinds.reduce(.number) { $0.intersection($1) })
    case .negate, .compare, .contains, .not, .test: return PrintedValue(.number)
    case .calculate(let operation, let left, let right):
      guard operation == .add || operation == .multiply else { return PrintedValue(.number) }
      return evaluate(left).or(evaluate(right))
    case .concatenate(let left, let right):
      return concatenated(evaluate(left).kind, evaluate(right).kind, [left, right])
    case .and(let left, let right), .or(let left, let right): return evaluate(left).or(evaluate(right))
    case .conditional(let condition, let then, let otherwise):
      let outside = environment
      refine(by: condition, being: true)
      let first = evaluate(then)
      environment = outside
      refine(by: condition, being: false)
      let second = otherwise.map { evaluate($0) } ?? PrintedValue(.number, elements: .number)
      environment = outside
      return first.or(second)
    case .attribute(let object, let name): return attribute(name, of: object)
    case .item(let object, _), .position(let object, _): return PrintedValue(evaluate(object).elements)
    case .slice(let object, let start, let stop, _):
      let value = evaluate(object)
      // The quotes of a string taken off: `(x|tojson)[1:-1]`.
      if value.kind == .json, start?.constant?.int == 1, stop?.constant?.int == -1 {
        return PrintedValue(.inner)
      }
      return PrintedValue(value.kind.contains(.plain) ? .word : .unknown, elements: value.elements)
    case .filter(let input, _, _, _): return filtered(expression, input.map { evaluate($0) } ?? .unknown)
    case .call(let callee, let arguments): return call(callee, arguments)
    case .name, .map: return .unknown
    }
  }

  /// What an author has put together of safe pieces is taken for what it was meant to be.
  private func concatenated(_ left: PrintedKind, _ right: PrintedKind, _ parts: [Expression]) -> PrintedValue
  {
    let isKnown = zip([left, right], parts).allSatisfy { kind, part in !kind.isEmpty || part.constant != nil }
    var kind = left.intersection(right).intersection(.word)
    if isKnown { kind.insert(.json) }
    return PrintedValue(kind)
  }

  private mutating func attribute(_ name: String, of object: Expression) -> PrintedValue {
    guard let root = object.name else { return PrintedValue(evaluate(object).elements) }
    switch (root, name) {
    case ("loop", "previtem"), ("loop", "nextitem"): return .unknown
    case ("loop", _), ("connection", "id"), ("connection", "mtls"): return PrintedValue(.number)
    default: return .unknown
    }
  }
}
