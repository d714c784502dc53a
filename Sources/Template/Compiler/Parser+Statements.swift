/// The statements, from the word behind `{%` to what stands before the last `%}`.
extension Parser {
  private static let words = [
    "for", "if", "set", "with", "filter", "autoescape", "macro", "call", "do", "break", "continue", "raw",
  ]

  mutating func parseStatement() throws(TemplateError) -> Statement {
    let (word, span) = try expectIdentifier("a statement")
    switch word {
    case "for": return .for(try parseFor(span))
    case "if": return try parseIf(span)
    case "set": return try parseSet(span)
    case "with": return try parseWith(span)
    case "filter": return try parseFilterBlock(span)
    case "autoescape": return try parseAutoescape(span)
    case "macro": return .macro(try parseMacro(span))
    case "call": return try parseCallBlock(span)
    case "do": return .do(try parseCall(of: "do"))
    case "break", "continue":
      guard isInLoop else { throw error("`\(word)` can only stand inside of a `for`", at: span) }
      return word == "break" ? .break(span) : .continue(span)
    case "include", "import", "from", "extends", "block":
      throw source.error(
        .unsupported, "`\(word)` is not supported: a template stands alone and knows no other templates",
        at: span)
    default:
      if let detail = OtherDialects.statement(word) { throw error(detail, at: span) }
      if word == "else" || word == "elif" || word.hasPrefix("end") {
        throw error("`\(word)` closes nothing", at: span)
      }
      let suggestion = NearestName.suggestion(for: word, among: Self.words)
      throw source.error(.syntax, "unknown statement `\(word)`\(suggestion)", at: span)
    }
  }

  private mutating func parseFor(_ span: Span) throws(TemplateError) -> ForLoop {
    let wasInLoop = isInLoop
    isInLoop = true
    defer { isInLoop = wasInLoop }
    let target = try parseTargets()
    try expect(word: "in")
    let sequence = try parseUnconditional()
    let filter = take(word: "if") ? try parseExpression() : nil
    let isRecursive = take(word: "recursive")
    try expect(.blockEnd, "`%}`")
    let (body, word) = try parseBody(until: ["else", "endfor"], of: ("for", span))
    var otherwise: [Statement] = []
    if word == "else" {
      // The loop is over there.
      isInLoop = wasInLoop
      try expect(.blockEnd, "`%}`")
      otherwise = try parseBody(until: ["endfor"], of: ("for", span)).statements
    }
    return ForLoop(
      target: target, sequence: sequence, filter: filter, isRecursive: isRecursive, body: body,
      otherwise: otherwise,
      span: span)
  }

  private mutating func parseIf(_ span: Span) throws(TemplateError) -> Statement {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
    while true {
      let condition = try parseUnconditional()
      try expect(.blockEnd, "`%}`")
      let (body, word) = try parseBody(until: ["elif", "else", "endif"], of: ("if", span))
      branches.append((condition, body))
      if word == "elif" { continue }
      if word == "else" {
        if take(word: "if") { throw error("`else if` is written `elif`", at: span) }
        try expect(.blockEnd, "`%}`")
        otherwise = try parseBody(until: ["endif"], of: ("if", span)).statements
      }
      return .if(branches: branches, otherwise: otherwise)
    }
  }

  private mutating func parseSet(_ span: Span) throws(TemplateError) -> Statement {
    if take(.openParenthesis) {
      let target = try parseTargets()
      try expect(.closeParenthesis)
      try expect(.assign)
      return .set(target, try parseExpression())
    }
    let target = try parseTarget(allowsAttribute: true)
    if take(.assign) { return .set(target, try parseExpression()) }
    guard isAt(.pipe) || token.kind == .blockEnd else { throw unexpected(expected: "`=`") }
    let filter = take(.pipe) ? try parseFilterChain() : nil
    try expect(.blockEnd, "`%}`")
    let body = try parseBody(until: ["endset"], of: ("set", span)).statements
    return .setBlock(target, filter: filter, body: body, span)
  }

  private mutating func parseWith(_ span: Span) throws(TemplateError) -> Statement {
    var assignments: [(target: Target, value: Expression)] = []
    while token.kind != .blockEnd {
      if !assignments.isEmpty { try expect(.comma) }
      let target: Target
      if take(.openParenthesis) {
        target = try parseTargets()
        try expect(.closeParenthesis)
      } else {
        target = try parseTarget(allowsAttribute: false)
      }
      try expect(.assign)
      assignments.append((target, try parseExpression()))
    }
    try expect(.blockEnd, "`%}`")
    return .with(assignments, body: try parseBody(until: ["endwith"], of: ("with", span)).statements, span)
  }

  private mutating func parseFilterBlock(_ span: Span) throws(TemplateError) -> Statement {
    let filter = try parseFilterChain()
    try expect(.blockEnd, "`%}`")
    return .filterBlock(
      filter, body: try parseBody(until: ["endfilter"], of: ("filter", span)).statements, span)
  }

  private mutating func parseAutoescape(_ span: Span) throws(TemplateError) -> Statement {
    let mode = try parseExpression()
    try expect(.blockEnd, "`%}`")
    let body = try parseBody(until: ["endautoescape"], of: ("autoescape", span)).statements
    return .autoescape(mode, body: body, span)
  }

  // MARK: - Macros

  private mutating func parseMacro(_ span: Span) throws(TemplateError) -> MacroDeclaration {
    let (name, nameSpan) = try expectIdentifier("a name")
    try checkAssignable(name, nameSpan)
    try expect(.openParenthesis)
    let parameters = try parseParameters()
    return try parseMacroBody(name: name, parameters, word: "macro", span)
  }

  private mutating func parseCallBlock(_ span: Span) throws(TemplateError) -> Statement {
    let parameters = take(.openParenthesis) ? try parseParameters() : []
    let call = try parseCall(of: "call")
    return .callBlock(call, try parseMacroBody(name: "caller", parameters, word: "call", span))
  }

  private mutating func parseMacroBody(
    name: String, _ parameters: [(name: String, default: Expression?)], word: String, _ span: Span
  ) throws(TemplateError) -> MacroDeclaration {
    try expect(.blockEnd, "`%}`")
    let wasInLoop = isInLoop
    isInLoop = false
    defer { isInLoop = wasInLoop }
    let body = try parseBody(until: ["end\(word)"], of: (word, span)).statements
    return MacroDeclaration(name: name, parameters: parameters, body: body, span: span)
  }

  private mutating func parseParameters() throws(TemplateError) -> [(name: String, default: Expression?)] {
    var parameters: [(name: String, default: Expression?)] = []
    while !take(.closeParenthesis) {
      if !parameters.isEmpty {
        try expectComma(or: .closeParenthesis)
        if take(.closeParenthesis) { break }
      }
      let (name, span) = try expectIdentifier("a parameter's name")
      try checkAssignable(name, span)
      if parameters.contains(where: { $0.name == name }) {
        throw error("there are two parameters with the name `\(name)`", at: span)
      }
      if parameters.count >= limits.argumentsMax {
        throw source.error(.limit, "a macro has \(limits.argumentsMax) parameters at most", at: span)
      }
      if take(.assign) {
        parameters.append((name, try parseExpression()))
      } else if let last = parameters.last, last.default != nil {
        throw unexpected(expected: "`=`: the parameter before `\(name)` has a default value")
      } else {
        parameters.append((name, nil))
      }
    }
    return parameters
  }

  private mutating func parseCall(of word: String) throws(TemplateError) -> Expression {
    let expression = try parseExpression()
    guard case .call = expression.node else {
      throw error("`\(word)` needs a call, not \(expression.description)", at: expression.span)
    }
    return expression
  }

  // MARK: - Targets

  /// `a`, `a, b`, `a, (b, c)`
  private mutating func parseTargets() throws(TemplateError) -> Target {
    let start = token.span
    var targets: [Target] = []
    var isList = false
    while true {
      if take(.openParenthesis) {
        targets.append(try nested { (parser) throws(TemplateError) in try parser.parseTargets() })
        try expect(.closeParenthesis)
      } else {
        targets.append(try parseTarget(allowsAttribute: false))
      }
      guard take(.comma) else { break }
      isList = true
      if isAt(.closeParenthesis) || token.kind == .blockEnd || token.kind == .identifier("in") { break }
    }
    if !isList, let only = targets.first { return only }
    return .list(targets, start.through(lastSpan))
  }

  private mutating func parseTarget(allowsAttribute: Bool) throws(TemplateError) -> Target {
    let (name, span) = try expectIdentifier("a name to assign to")
    try checkAssignable(name, span)
    guard isAt(.dot) else { return .name(name, span) }
    guard allowsAttribute else { throw error("only `set` can assign to an attribute", at: token.span) }
    var object = Expression(node: .name(name), span: span, depth: 1)
    while true {
      try expect(.dot)
      let (attribute, attributeSpan) = try expectIdentifier("an attribute's name")
      let place = span.through(attributeSpan)
      guard isAt(.dot) else { return .attribute(object, attribute, place) }
      object = try make(.attribute(object, attribute), place, [object])
    }
  }

  private func checkAssignable(_ name: String, _ span: Span) throws(TemplateError) {
    switch name {
    case "true", "True", "false", "False", "none", "None", "loop", "self":
      throw error("cannot assign to the reserved name `\(name)`", at: span)
    default: return
    }
  }
}
