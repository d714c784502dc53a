/// Makes a syntax tree of tokens. The language is minijinja's, and its order of operators too.
struct Parser {
  let source: TemplateSource
  let limits: TemplateLimits
  private let tokens: [Token]
  private var position = 0
  private var depth = 0
  /// Inside of a `for`, where `break` and `continue` may stand.
  var isInLoop = false

  private init(_ source: TemplateSource, limits: TemplateLimits) throws(TemplateError) {
    self.source = source
    self.limits = limits
    tokens = try Lexer.tokens(of: source)
  }

  static func parse(_ source: TemplateSource, limits: TemplateLimits) throws(TemplateError) -> [Statement] {
    var parser = try Parser(source, limits: limits)
    return try parser.parseBody(until: [], of: nil).statements
  }

  // MARK: - Tokens

  var token: Token { tokens[min(position, tokens.count - 1)] }
  var nextToken: Token { tokens[min(position + 1, tokens.count - 1)] }
  /// The last token taken.
  var lastSpan: Span { tokens[max(0, min(position, tokens.count) - 1)].span }

  @discardableResult
  mutating func take() -> Token {
    let token = token
    if position < tokens.count - 1 { position += 1 }
    return token
  }

  mutating func take(_ symbol: Token.Symbol) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    take()
    return true
  }

  mutating func take(word: String) -> Bool {
    guard token.kind == .identifier(word) else { return false }
    take()
    return true
  }

  func isAt(_ symbol: Token.Symbol) -> Bool { token.kind == .symbol(symbol) }

  mutating func expect(_ symbol: Token.Symbol) throws(TemplateError) {
    if !take(symbol) { throw unexpected(expected: "`\(symbol.rawValue)`") }
  }

  mutating func expectComma(or closing: Token.Symbol) throws(TemplateError) {
    if !take(.comma) { throw unexpected(expected: "`,` or `\(closing.rawValue)`") }
  }

  mutating func expect(word: String) throws(TemplateError) {
    if !take(word: word) { throw unexpected(expected: "`\(word)`") }
  }

  mutating func expect(_ kind: Token.Kind, _ name: String) throws(TemplateError) {
    guard token.kind == kind else { throw unexpected(expected: name) }
    take()
  }

  mutating func expectIdentifier(_ what: String) throws(TemplateError) -> (name: String, span: Span) {
    guard case .identifier(let name) = token.kind else { throw unexpected(expected: what) }
    return (name, take().span)
  }

  func unexpected(expected: String) -> TemplateError {
    let last = position > 0 ? tokens[min(position, tokens.count) - 1].kind : nil
    let hint = OtherDialects.token(token.kind, behind: last).map { "; \($0)" } ?? ""
    return error("unexpected \(token.description), expected \(expected)\(hint)")
  }

  func error(_ detail: String, at span: Span? = nil) -> TemplateError {
    source.error(.syntax, detail, at: span ?? token.span)
  }

  /// Counts a level of nesting while `body` parses it.
  mutating func nested<Result>(
    _ body: (inout Parser) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result {
    depth += 1
    if depth > limits.nestingDepthMax {
      throw source.error(
        .limit, "the template is nested more than \(limits.nestingDepthMax) deep", at: token.span)
    }
    defer { depth -= 1 }
    return try body(&self)
  }

  // MARK: - Statements

  /// Statements up to a block that starts with one of `words`, which is taken with its `{%`; up to the end of the
  /// template when there are none. `opening` is what is never closed when the end comes first.
  mutating func parseBody(
    until words: [String], of opening: (name: String, span: Span)?
  ) throws(TemplateError) -> (statements: [Statement], word: String) {
    var statements: [Statement] = []
    while true {
      switch token.kind {
      case .text(let bytes):
        take()
        statements.append(.text(bytes))
      case .variableStart:
        take()
        statements.append(.emit(try parseExpression()))
        try expect(.variableEnd, "`}}`")
      case .blockStart:
        if case .identifier(let word) = nextToken.kind, words.contains(word) {
          take()
          take()
          return (statements, word)
        }
        statements.append(try parseBlock())
      default:
        guard let opening else { return (statements, "") }
        let closing = words.last ?? ""
        throw error("`\(opening.name)` is never closed; expected `{% \(closing) %}`", at: opening.span)
      }
    }
  }

  private mutating func parseBlock() throws(TemplateError) -> Statement {
    take()
    let statement = try nested { (parser) throws(TemplateError) in try parser.parseStatement() }
    try expect(.blockEnd, "`%}`")
    return statement
  }
}
