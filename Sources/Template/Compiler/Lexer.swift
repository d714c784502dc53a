/// Cuts a template into tokens.
///
/// White space control is done here: `-` inside a delimiter takes the white space next to it, one newline at the end
/// of the template is dropped, and nothing else is ever taken.
struct Lexer {
  let source: TemplateSource
  private let bytes: [UInt8]
  /// The end without the trailing newline.
  private let end: Int
  private var position = 0
  private var line: Int32 = 1
  private var column: Int32 = 1
  private var tokens: [Token] = []
  /// The last tag ended in `-`.
  private var trimsStart = false

  private init(_ source: TemplateSource) {
    self.source = source
    bytes = source.bytes
    var end = bytes.count
    if end > 0, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    self.end = end
  }

  /// All tokens; the last is `.end`.
  static func tokens(of source: TemplateSource) throws(TemplateError) -> [Token] {
    var lexer = Lexer(source)
    while lexer.position < lexer.end { try lexer.readOutside() }
    lexer.add(.end, from: lexer.place)
    return lexer.tokens
  }

  // MARK: - Outside of tags

  /// Text up to the next tag, and the tag.
  private mutating func readOutside() throws(TemplateError) {
    let marker = nextMarker()
    var text = position..<(marker ?? end)
    let trimsEnd = marker.map { byte(at: $0 + 2) == UInt8(ascii: "-") } ?? false
    if trimsStart || trimsEnd {
      text = Text.trimmed(bytes, in: text, start: trimsStart, end: trimsEnd, where: Text.isWhitespace)
    }
    trimsStart = false
    advance(to: text.lowerBound)
    let start = place
    advance(to: text.upperBound)
    if !text.isEmpty { add(.text(Array(bytes[text])), from: start) }
    guard let marker else {
      advance(to: end)
      return
    }
    advance(to: marker)
    switch byte(at: marker + 1) {
    case UInt8(ascii: "#"): try skipComment()
    case UInt8(ascii: "{"): try readTag(.variableStart, closedBy: UInt8(ascii: "}"), .variableEnd)
    default:
      if let tag = wordTag("raw", at: marker) {
        try readRaw(tag)
      } else {
        try readTag(.blockStart, closedBy: UInt8(ascii: "%"), .blockEnd)
      }
    }
  }

  private func nextMarker() -> Int? {
    var position = position
    while position + 1 < end {
      if bytes[position] == UInt8(ascii: "{") {
        switch bytes[position + 1] {
        case UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#"): return position
        default: break
        }
      }
      position += 1
    }
    return nil
  }

  private mutating func skipComment() throws(TemplateError) {
    let start = place
    var close = position + 2
    if isControl(byte(at: close)) { close += 1 }
    let text = close
    while close < end, !(bytes[close] == UInt8(ascii: "#") && byte(at: close + 1) == UInt8(ascii: "}")) {
      close += 1
    }
    guard close < end else {
      advance(to: position + 2)
      throw source.error(.syntax, "the comment is never closed; expected `#}`", at: start.through(place))
    }
    // The one `-` of `{#-#}` belongs to the start.
    trimsStart = close > text && bytes[close - 1] == UInt8(ascii: "-")
    advance(to: close + 2)
  }

  /// A tag of one word (`{% raw %}`) at `start`: where it ends, and whether it takes the white space behind.
  private func wordTag(_ word: StaticString, at start: Int) -> (end: Int, trims: Bool)? {
    var position = start + 2
    if isControl(byte(at: position)) { position += 1 }
    while isSpace(byte(at: position)) { position += 1 }
    let letters = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    for letter in letters {
      guard byte(at: position) == letter else { return nil }
      position += 1
    }
    while isSpace(byte(at: position)) { position += 1 }
    let trims = byte(at: position) == UInt8(ascii: "-")
    if isControl(byte(at: position)) { position += 1 }
    guard byte(at: position) == UInt8(ascii: "%"), byte(at: position + 1) == UInt8(ascii: "}") else {
      return nil
    }
    return (position + 2, trims)
  }

  /// `{% raw %}` … `{% endraw %}`: text, whatever is in it.
  private mutating func readRaw(_ tag: (end: Int, trims: Bool)) throws(TemplateError) {
    let start = place
    advance(to: tag.end)
    let opening = start.through(place)
    var close = position
    while close + 1 < end {
      if bytes[close] == UInt8(ascii: "{"), bytes[close + 1] == UInt8(ascii: "%"),
        let closing = wordTag("endraw", at: close)
      {
        let text = Text.trimmed(
          bytes, in: position..<close, start: tag.trims, end: byte(at: close + 2) == UInt8(ascii: "-"),
          where: Text.isWhitespace)
        advance(to: text.lowerBound)
        let textStart = place
        advance(to: text.upperBound)
        if !text.isEmpty { add(.text(Array(bytes[text])), from: textStart) }
        advance(to: closing.end)
        trimsStart = closing.trims
        return
      }
      close += 1
    }
    throw source.error(.syntax, "`raw` is never closed; expected `{% endraw %}`", at: opening)
  }

  // MARK: - Inside of tags

  private mutating func readTag(
    _ startKind: Token.Kind, closedBy closer: UInt8, _ endKind: Token.Kind
  ) throws(TemplateError) {
    let start = place
    advance(to: position + (isControl(byte(at: position + 2)) ? 3 : 2))
    add(startKind, from: start)
    // Inside of brackets `}}` closes maps, not the tag.
    var openBrackets = 0
    while true {
      skipSpace()
      guard position < end else { return }
      if openBrackets == 0, let length = closingLength(closer) {
        let closing = place
        trimsStart = byte(at: position) == UInt8(ascii: "-")
        advance(to: position + length)
        add(endKind, from: closing)
        return
      }
      switch try readToken() {
      case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace): openBrackets += 1
      case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace):
        openBrackets = max(0, openBrackets - 1)
      default: break
      }
    }
  }

  private func closingLength(_ closer: UInt8) -> Int? {
    let control = isControl(byte(at: position)) ? 1 : 0
    guard byte(at: position + control) == closer, byte(at: position + control + 1) == UInt8(ascii: "}") else {
      return nil
    }
    return control + 2
  }

  private mutating func readToken() throws(TemplateError) -> Token.Kind {
    let start = place
    let kind: Token.Kind
    let first = bytes[position]
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      kind = .string(try readString(quote: first))
    } else if isDigit(first) {
      kind = try readNumber()
    } else if let (symbol, length) = symbol() {
      advance(to: position + length)
      kind = .symbol(symbol)
    } else {
      kind = .identifier(try readIdentifier())
    }
    add(kind, from: start)
    return kind
  }

  private func symbol() -> (Token.Symbol, length: Int)? {
    guard bytes[position] < 0x80 else { return nil }
    let first = String(Unicode.Scalar(bytes[position]))
    if position + 1 < end, bytes[position + 1] < 0x80,
      let symbol = Token.Symbol(rawValue: first + String(Unicode.Scalar(bytes[position + 1])))
    {
      return (symbol, 2)
    }
    return Token.Symbol(rawValue: first).map { ($0, 1) }
  }

  private mutating func readIdentifier() throws(TemplateError) -> String {
    let start = place
    var end = position
    while end < self.end {
      let (length, scalar) = Text.scalar(in: bytes, at: end)
      guard let scalar else { break }
      let properties = scalar.properties
      let isPart = scalar == "_" || (end == position ? properties.isXIDStart : properties.isXIDContinue)
      guard isPart else { break }
      end += length
    }
    guard end > position else {
      let (length, scalar) = Text.scalar(in: bytes, at: position)
      advance(to: position + length)
      let what = scalar.map { "`\(String($0))`" } ?? "a byte that is not UTF-8"
      let hint = scalar.flatMap { OtherDialects.character($0, next: byte(at: position)) }
      throw source.error(
        .syntax, "unexpected character \(what)\(hint.map { "; \($0)" } ?? "")", at: start.through(place))
    }
    let name = String(decoding: bytes[position..<end], as: UTF8.self)
    advance(to: end)
    return name
  }

  private mutating func readString(quote: UInt8) throws(TemplateError) -> [UInt8] {
    let start = place
    var close = position + 1
    var hasEscapes = false
    while close < end, bytes[close] != quote {
      if bytes[close] == UInt8(ascii: "\\") {
        hasEscapes = true
        close += 1
      }
      close += 1
    }
    guard close < end else {
      advance(to: end)
      throw source.error(.syntax, "the string is never closed", at: start.through(place))
    }
    let content = bytes[position + 1..<close]
    advance(to: close + 1)
    guard hasEscapes else { return Array(content) }
    do { return try StringEscapes.decode(content) } catch {
      throw source.error(.syntax, error.detail, at: start.through(place))
    }
  }

  private mutating func readNumber() throws(TemplateError) -> Token.Kind {
    let start = place
    // Behind a dot a number is a position: `a.0.1` has two of them and no fraction.
    let isPosition = tokens.last.map { $0.kind == .symbol(.dot) } ?? false
    let number = NumberLiteral.read(bytes[position..<end], isPosition: isPosition)
    advance(to: number.end)
    switch number.value {
    case .success(let kind): return kind
    case .failure(let problem): throw source.error(.syntax, problem.detail, at: start.through(place))
    }
  }

  // MARK: - Places

  private var place: Span {
    Span(
      start: Int32(truncatingIfNeeded: position), end: Int32(truncatingIfNeeded: position), line: line,
      column: column)
  }

  private mutating func add(_ kind: Token.Kind, from start: Span) {
    tokens.append(Token(kind: kind, span: start.through(place)))
  }

  private mutating func advance(to target: Int) {
    while position < min(target, bytes.count) {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
      position += 1
    }
  }

  private mutating func skipSpace() {
    while position < end, isSpace(bytes[position]) { advance(to: position + 1) }
  }

  private func byte(at position: Int) -> UInt8 { position < end ? bytes[position] : 0 }
  private func isControl(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0B)
  }
}
