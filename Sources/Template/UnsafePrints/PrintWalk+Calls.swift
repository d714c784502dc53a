/// What filters and functions make of what they get.
extension PrintWalk {
  /// The value of a filter, or of a chain of them in front of a block.
  mutating func filtered(_ expression: Expression, _ input: PrintedValue) -> PrintedValue {
    guard case .filter(let before, let name, _, let arguments) = expression.node else { return input }
    var input = input
    // A block's filters: the first has no input.
    if let before, case .filter(nil, _, _, _) = before.node { input = filtered(before, input) }
    switch name {
    case "tojson": return PrintedValue(input.kind.contains(.unquoted) ? .number : .json)
    case "length", "count", "int", "float", "round", "abs", "sum", "bool": return PrintedValue(.number)
    case "urlencode": return PrintedValue(.word)
    case "default", "d":
      guard let value = arguments.first?.expression else { return input.or(PrintedValue(.word)) }
      return input.or(evaluate(value))
    case "string", "safe": return input
    case "upper", "lower", "title", "capitalize", "trim", "escape", "e":
      return PrintedValue(input.kind.contains(.plain) ? .word : .unknown)
    case "replace": return PrintedValue(isPlain(arguments) && input.kind.contains(.plain) ? .word : .unknown)
    case "list", "sort", "unique", "reverse", "select", "reject", "selectattr", "rejectattr":
      return PrintedValue(.unknown, elements: input.elements)
    case "first", "last", "min", "max": return PrintedValue(input.elements)
    case "split", "lines":
      return PrintedValue(.unknown, elements: input.kind.contains(.plain) ? .word : .unknown)
    case "map": return PrintedValue(.unknown, elements: mapped(arguments, input))
    case "join":
      let separator = arguments.first.map { evaluate($0.expression).kind } ?? .word
      return PrintedValue(separator.contains(.plain) ? input.elements : .unknown)
    default: return .unknown
    }
  }

  /// `map("tojson")`
  private mutating func mapped(_ arguments: [Argument], _ input: PrintedValue) -> PrintedKind {
    guard case .positional(let name)? = arguments.first, case .string(let bytes)? = name.constant else {
      return .unknown
    }
    let filter = Expression(
      node: .filter(
        input: nil, name: String(decoding: bytes, as: UTF8.self), nameSpan: name.span,
        Array(arguments.dropFirst())),
      span: name.span, depth: 1)
    return filtered(filter, PrintedValue(input.elements)).kind
  }

  private mutating func isPlain(_ arguments: [Argument]) -> Bool {
    for argument in arguments where !evaluate(argument.expression).kind.contains(.plain) { return false }
    return true
  }

  mutating func call(_ callee: Expression, _ arguments: [Argument]) -> PrintedValue {
    guard let name = callee.name else { return method(callee, arguments) }
    switch functions[name] {
    case .json: return PrintedValue(.json)
    case .escaped: return PrintedValue(.inner)
    case .word: return PrintedValue(.word)
    case .number: return PrintedValue(.number)
    case .trusted: return PrintedValue(.trusted)
    case .ofArguments: return PrintedValue(isPlain(arguments) ? .word : .unknown)
    case .time:
      if arguments.first?.expression.constant?.isString("%s") ?? false { return PrintedValue(.number) }
      return PrintedValue(isPlain(arguments) ? .word : .unknown)
    case .captured:
      return PrintedValue(pattern(arguments).map(PlainPattern.matchesPlain) == true ? .word : .unknown)
    case .replaced:
      let others = pattern(arguments).map(PlainPattern.matchesOthers) == true
      return PrintedValue(others && isPlain(Array(arguments.dropFirst(2))) ? .word : .unknown)
    case nil: return name == "range" ? PrintedValue(.unknown, elements: .number) : .unknown
    }
  }

  /// `regex_match(s, "pattern")`
  func pattern(_ arguments: [Argument]) -> [UInt8]? {
    guard arguments.count >= 2, case .string(let pattern)? = arguments[1].expression.constant else {
      return nil
    }
    return pattern
  }

  private mutating func method(_ callee: Expression, _ arguments: [Argument]) -> PrintedValue {
    guard case .attribute(let object, let name) = callee.node else { return .unknown }
    switch name {
    case "cycle" where object.name == "loop":
      let values = arguments.map { evaluate($0.expression) }
      return values.dropFirst().reduce(values.first ?? .unknown) { $0.or($1) }
    case "upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip":
      return PrintedValue(evaluate(object).kind.contains(.plain) ? .word : .unknown)
    case "count", "find", "rfind", "isdigit", "startswith", "endswith": return PrintedValue(.number)
    case "split", "splitlines":
      return PrintedValue(.unknown, elements: evaluate(object).kind.contains(.plain) ? .word : .unknown)
    case "join":
      let separator = evaluate(object).kind
      let elements = arguments.first.map { evaluate($0.expression).elements } ?? .unknown
      return PrintedValue(separator.contains(.plain) ? elements : .unknown)
    default: return .unknown
    }
  }

  // MARK: Conditions

  /// Notes what follows of a condition that was met, or was not.
  mutating func refine(by condition: Expression, being met: Bool) {
    guard goes() else { return }
    switch condition.node {
    case .not(let inner): nested { $0.refine(by: inner, being: !met) }
    case .and(let left, let right) where met, .or(let left, let right) where !met:
      nested { walk in
        walk.refine(by: left, being: met)
        walk.refine(by: right, being: met)
      }
    case .compare(.equal, let left, let right) where met, .compare(.notEqual, let left, let right) where !met:
      if let constant = right.constant { note(left, PrintedValue(constant: constant)) }
      if let constant = left.constant { note(right, PrintedValue(constant: constant)) }
    case .contains(let element, let container) where met:
      note(element, PrintedValue(evaluate(container).elements))
    case .test(let operand, let name, _, let arguments) where met: refine(operand, name, arguments)
    case .call(let callee, let arguments) where met && callee.name == "regex_match":
      if pattern(arguments).map(PlainPattern.matchesWhole) == true, let text = arguments.first {
        note(text.expression, PrintedValue(.word))
      }
    default: return
    }
  }

  /// `operand is name(arguments)`
  private mutating func refine(_ operand: Expression, _ name: String, _ arguments: [Argument]) {
    switch name {
    case "number", "integer", "int", "float", "odd", "even", "divisibleby", "boolean", "true", "false":
      note(operand, PrintedValue(.number))
    case "eq", "equalto", "sameas":
      if let constant = arguments.first?.expression.constant {
        note(operand, PrintedValue(constant: constant))
      }
    case "in":
      guard let container = arguments.first?.expression else { return }
      note(operand, PrintedValue(evaluate(container).elements))
    default: return
    }
  }

  private mutating func note(_ expression: Expression, _ value: PrintedValue) {
    guard !value.kind.isEmpty, let key = PrintEnvironment.key(expression) else { return }
    environment.note(key, value)
  }
}
