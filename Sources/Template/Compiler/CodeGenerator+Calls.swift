/// Calls, and the checks that can be made before anything is rendered.
extension CodeGenerator {
  // MARK: - Filters and tests

  /// The input is on the stack, and known as an expression but in a filter block.
  mutating func compileBuiltin(
    _ role: Builtin.Role, _ name: String, _ nameSpan: Span, input expression: Expression?,
    _ arguments: [Argument],
    at span: Span
  ) throws(TemplateError) {
    let table = role == .filter ? Builtins.filters : Builtins.tests
    guard let position = table.position(of: name) else {
      throw role == .filter
        ? unknownFilter(name, arguments, at: nameSpan, in: span)
        : error(Builtins.unknown(role, name), at: nameSpan)
    }
    let input = 1
    try check(table.entries[position], arguments, input: input, at: nameSpan)
    if role == .filter { try checkNameArgument(of: name, arguments) }
    if role == .filter, name == "format", let expression { try checkFormat(expression, arguments) }
    // The span of a filter is its name and what follows: what is before may be long.
    let place = nameSpan.through(span)
    try compile(arguments, role == .filter ? .filter : .test, operand: position, input: input, at: place)
  }

  /// `map("upper")`, `select("odd")`: the name is known as soon as it is a literal.
  private func checkNameArgument(of filter: String, _ arguments: [Argument]) throws(TemplateError) {
    guard let (position, table) = Builtins.nameArgument(of: filter), arguments.count >= position else {
      return
    }
    for argument in arguments.prefix(position) {
      guard case .positional = argument else { return }
    }
    let argument = arguments[position - 1].expression
    guard case .string(let bytes)? = argument.constant else { return }
    let name = String(decoding: bytes, as: UTF8.self)
    if table.position(of: name) == nil {
      throw error(Builtins.unknown(filter == "map" ? .filter : .test, name), at: argument.span)
    }
  }

  /// `"%d"|format(x)`: what the text needs is known as soon as it is a literal.
  private func checkFormat(_ text: Expression, _ arguments: [Argument]) throws(TemplateError) {
    guard case .string(let bytes)? = text.constant else { return }
    guard let known = Self.known(arguments) else { return }
    do { try FormatString.check(bytes, count: known.count, names: known.names) } catch {
      throw self.error(error, at: text.span)
    }
  }

  /// How many are given by position, and which by name; nil where some are spread, which only a rendering knows.
  private static func known(_ arguments: [Argument]) -> (count: Int, names: [String])? {
    var count = 0
    var names: [String] = []
    for argument in arguments {
      switch argument {
      case .positional: count += 1
      case .keyword(let name, _, _): names.append(name)
      case .spread, .spreadKeywords: return nil
      }
    }
    return (count, names)
  }

  /// Refuses wrong arguments of a built-in where they are known.
  private func check(
    _ builtin: Builtin, _ arguments: [Argument], input: Int, at span: Span
  ) throws(TemplateError) {
    guard let known = Self.known(arguments) else { return }
    do { try builtin.check(count: input + known.count, keywords: known.names) } catch {
      throw self.error(error, at: span)
    }
  }

  // MARK: - Functions

  /// `{{ function(…) }}` of the host, which may write its result itself. False when it is another call.
  mutating func compileEmittedCall(
    _ callee: Expression, _ arguments: [Argument], at span: Span
  ) throws(TemplateError) -> Bool {
    guard let name = callee.name else { return false }
    if name == "loop", isInLoop {
      try compileRecursion(arguments, captures: false, at: span)
      return true
    }
    guard !names.assigned.contains(name),
      let index = functions.functions.firstIndex(where: { $0.name == name }),
      let ordered = try ordered(arguments, for: functions.functions[index], at: callee.span)
    else { return false }
    let constants = ordered.compactMap(\.constant)
    if constants.count == ordered.count {
      tables.constantCalls.append(ProgramTables.ConstantCall(function: index, arguments: constants))
      add(.emitConstantCall, operand: tables.constantCalls.count - 1, at: span)
    } else {
      for argument in ordered { try compile(argument) }
      add(.emitCall, count: ordered.count, operand: index, at: span)
    }
    return true
  }

  mutating func compileCall(_ expression: Expression, caller: MacroDeclaration?) throws(TemplateError) {
    guard case .call(let callee, let arguments) = expression.node else { return }
    let span = expression.span
    switch callee.node {
    case .name(let name): try compileNamedCall(name, arguments, caller, at: span, nameSpan: callee.span)
    case .attribute(let object, let method):
      if object.name.map({ !names.assigned.contains($0) }) ?? true,
        let detail = OtherDialects.method(method, of: source.text(object.span))
      {
        throw source.error(.unknownName, detail, at: callee.span)
      }
      try compile(object)
      try compile(arguments, .callMethod, operand: name(method), input: 1, caller: caller, at: span)
    default:
      try compile(callee)
      try compile(arguments, .callValue, input: 1, caller: caller, at: span)
    }
  }

  private mutating func compileNamedCall(
    _ name: String, _ arguments: [Argument], _ caller: MacroDeclaration?, at span: Span, nameSpan: Span
  ) throws(TemplateError) {
    if name == "loop", isInLoop {
      if caller != nil { throw source.error(.unsupported, "a loop takes no call block", at: span) }
      try compileRecursion(arguments, captures: true, at: span)
      return
    }
    let host = functions.functions.firstIndex { $0.name == name }
    let builtin = Builtins.functions.position(of: name)
    if names.assigned.contains(name) {
      let fallback: ProgramTables.Callee? = builtin.map { .builtin($0) } ?? host.map { .host($0) }
      tables.namedCalls.append(ProgramTables.NamedCall(name: tables.names.add(name), fallback: fallback))
      try compile(arguments, .callNamed, operand: tables.namedCalls.count - 1, caller: caller, at: span)
    } else if let builtin {
      try check(Builtins.functions.entries[builtin], arguments, input: 0, at: nameSpan)
      try compile(arguments, .callBuiltin, operand: builtin, caller: caller, at: span)
    } else if let host {
      let function = functions.functions[host]
      if caller == nil, let ordered = try ordered(arguments, for: function, at: nameSpan) {
        for argument in ordered { try compile(argument) }
        add(.callHost, count: ordered.count, operand: host, at: span)
      } else {
        try compile(arguments, .callHost, operand: host, caller: caller, at: span)
      }
    } else {
      throw unknownFunction(name, arguments, at: nameSpan)
    }
  }

  /// A filter that does not exist. What it was to be applied to stands before its name.
  private func unknownFilter(
    _ name: String, _ arguments: [Argument], at nameSpan: Span, in span: Span
  ) -> TemplateError {
    var inputSpan = span
    inputSpan.end = nameSpan.start
    let pipe = source.text(inputSpan) ?? ""
    var input = pipe[...]
    while let last = input.last, last == " " || last == "|" { input.removeLast() }
    let text = input.isEmpty ? nil : String(input)
    if let detail = OtherDialects.filter(name, of: text) {
      return source.error(.unknownName, detail, at: nameSpan)
    }
    guard functions.functions.contains(where: { $0.name == name }) else {
      return error(Builtins.unknown(.filter, name), at: nameSpan)
    }
    let given = [text ?? "value"] + arguments.map { source.text($0.expression.span) ?? "…" }
    return source.error(
      .unknownName, "`\(name)` is a function here: write `\(name)(\(given.joined(separator: ", ")))`",
      at: nameSpan)
  }

  /// `value|name(…)` for `name(value, …)`
  private func asFilter(_ name: String, _ arguments: [Argument]) -> String {
    guard let first = arguments.first, case .positional(let value) = first else { return "value|\(name)" }
    let rest = arguments.dropFirst().map { argument -> String in
      let text = source.text(argument.expression.span) ?? "…"
      if case .keyword(let name, _, _) = argument { return "\(name)=\(text)" }
      return text
    }
    let isSimple =
      switch value.node {
      case .name, .attribute, .position, .item, .call, .filter, .constant: true
      default: false
      }
    let input = source.text(value.span) ?? "value"
    return (isSimple ? input : "(\(input))") + "|\(name)"
      + (rest.isEmpty ? "" : "(\(rest.joined(separator: ", ")))")
  }

  private func unknownFunction(_ name: String, _ arguments: [Argument], at span: Span) -> TemplateError {
    switch name {
    case "loop": return source.error(.unknownName, "`loop` can only be called inside of a `for`", at: span)
    case "caller":
      return source.error(.unknownName, "`caller` can only be called inside of a macro", at: span)
    case "super":
      return source.error(
        .unsupported, "`super` is not supported: a template stands alone and knows no other templates",
        at: span)
    default: break
    }
    let argument = arguments.first.flatMap { source.text($0.expression.span) }
    if let detail = OtherDialects.function(name, of: argument) {
      return source.error(.unknownName, detail, at: span)
    }
    let known = functions.functions.map(\.name) + Builtins.functions.names
    var detail = "unknown function `\(name)`" + NearestName.suggestion(for: name, among: known)
    if Builtins.filters.position(of: name) != nil {
      detail = "`\(name)` is a filter: write `\(asFilter(name, arguments))`"
    }
    return source.error(.unknownName, detail, at: span)
  }

  private mutating func compileRecursion(
    _ arguments: [Argument], captures: Bool, at span: Span
  ) throws(TemplateError) {
    guard case .positional(let sequence)? = arguments.first, arguments.count == 1 else {
      throw source.error(.badArguments, "`loop` takes one argument, what to loop over", at: span)
    }
    guard innermostLoopIsRecursive == true else {
      throw source.error(.invalidOperation, "only a loop with `recursive` can be called", at: span)
    }
    try compile(sequence)
    add(.recurse, flags: captures ? 1 : 0, at: span)
  }

  /// The arguments in the order of the parameters, undefined where an optional one is left out; nil when that is not
  /// known before rendering.
  private func ordered(
    _ arguments: [Argument], for function: Function, at span: Span
  ) throws(TemplateError) -> [Expression]? {
    var values: [Expression?] = []
    for argument in arguments {
      switch argument {
      case .positional(let expression): values.append(expression)
      case .keyword(let name, let nameSpan, let expression):
        guard let position = function.parameters.firstIndex(of: name) else {
          if function.isVariadic { return nil }
          throw error(function.unknownKeyword(name), at: nameSpan)
        }
        if position < values.count, values[position] != nil {
          throw error(function.givenTwice(name), at: nameSpan)
        }
        while values.count <= position { values.append(nil) }
        values[position] = expression
      case .spread, .spreadKeywords: return nil
      }
    }
    do { try function.check(given: values.map { $0 != nil }) } catch { throw self.error(error, at: span) }
    if let problem = function.check?(values.map { $0?.constant }) {
      throw source.error(.badArguments, problem, at: span)
    }
    return values.map { $0 ?? Expression(node: .constant(.undefined), span: span, depth: 1) }
  }

  // MARK: - Arguments

  /// Arguments whose order is the caller's, and the call. `input` counts what is on the stack already.
  private mutating func compile(
    _ arguments: [Argument], _ operation: Operation, operand: Int = 0, input: Int = 0,
    caller: MacroDeclaration? = nil, at span: Span
  ) throws(TemplateError) {
    var flags: UInt8 = 0
    var count = input
    // Filters, tests and functions of the host have no use for functions.
    let takesFunctions = [.callNamed, .callValue, .callMethod, .callBuiltin].contains(operation)
    if arguments.contains(where: { if case .spread = $0 { true } else { false } }) {
      flags |= Instruction.hasSpread
      try compileSpread(arguments, input: input, takesFunctions: takesFunctions, at: span)
    } else {
      for case .positional(let expression) in arguments {
        try compileArgument(expression, takesFunctions)
        count += 1
      }
    }
    if try compileKeywords(arguments, caller, takesFunctions: takesFunctions, at: span) {
      flags |= Instruction.hasKeywords
    }
    add(operation, flags: flags, count: count, operand: operand, at: span)
  }

  private mutating func compileArgument(
    _ expression: Expression, _ takesFunctions: Bool
  ) throws(TemplateError) {
    if takesFunctions { try compileValue(expression) } else { try compile(expression) }
  }

  /// All positional arguments and how many they are. What is on the stack already becomes the first list.
  private mutating func compileSpread(
    _ arguments: [Argument], input: Int, takesFunctions: Bool, at span: Span
  ) throws(TemplateError) {
    var lists = 0
    var single = input
    for argument in arguments {
      switch argument {
      case .positional(let expression):
        try compileArgument(expression, takesFunctions)
        single += 1
      case .spread(let expression):
        if single > 0 {
          add(.buildList, operand: single, at: span)
          lists += 1
          single = 0
        }
        try compile(expression)
        lists += 1
      case .keyword, .spreadKeywords: continue
      }
    }
    if single > 0 {
      add(.buildList, operand: single, at: span)
      lists += 1
    }
    add(.spread, operand: lists, at: span)
  }

  /// A map of the keyword arguments; false when there are none.
  private mutating func compileKeywords(
    _ arguments: [Argument], _ caller: MacroDeclaration?, takesFunctions: Bool, at span: Span
  ) throws(TemplateError) -> Bool {
    var maps = 0
    var single = 0
    var hasSpread = false
    for argument in arguments {
      switch argument {
      case .keyword(let name, let nameSpan, let expression):
        add(.loadConstant, operand: constant(Value(name)), at: nameSpan)
        try compileArgument(expression, takesFunctions)
        single += 1
      case .spreadKeywords(let expression):
        hasSpread = true
        if single > 0 {
          add(.buildMap, operand: single, at: span)
          maps += 1
          single = 0
        }
        try compile(expression)
        maps += 1
      case .positional, .spread: continue
      }
    }
    if let caller {
      add(.loadConstant, operand: constant(Value("caller")), at: span)
      try compileMacro(caller)
      single += 1
    }
    if single > 0 {
      add(.buildMap, operand: single, at: span)
      maps += 1
    }
    if hasSpread { add(.mergeKeywords, operand: maps, at: span) }
    return maps > 0
  }
}
