/// A word of a template.
struct Token {
  enum Kind: Equatable {
    /// Text outside of tags, with white space already taken off.
    case text([UInt8])
    /// `{{`, `}}`, `{%`, `%}`, with their `-` and `+`.
    case variableStart, variableEnd, blockStart, blockEnd
    case identifier(String)
    case string([UInt8])
    case integer(UInt128)
    case float(Double)
    case symbol(Symbol)
    case end
  }

  enum Symbol: String {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
    case concatenate = "~"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case assign = "="
    case dot = "."
    case comma = ","
    case colon = ":"
    case pipe = "|"
    case openParenthesis = "("
    case closeParenthesis = ")"
    case openBracket = "["
    case closeBracket = "]"
    case openBrace = "{"
    case closeBrace = "}"
  }

  let kind: Kind
  let span: Span

  /// For error messages.
  var description: String {
    switch kind {
    case .text: "text"
    case .variableStart: "`{{`"
    case .variableEnd: "`}}`"
    case .blockStart: "`{%`"
    case .blockEnd: "`%}`"
    case .identifier(let name): "`\(name)`"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "`\(symbol.rawValue)`"
    case .end: "the end of the template"
    }
  }
}
