import Testing

@testable import Template

@Suite("The lexer")
struct LexerTests {
  private func kinds(_ source: String) throws -> [Token.Kind] {
    try Lexer.tokens(of: TemplateSource(name: "t", bytes: Array(source.utf8))).map(\.kind)
  }

  @Test("cuts tags into tokens")
  func tags() throws {
    #expect(
      try kinds("a{{ b.c }}{% if d %}") == [
        .text(Array("a".utf8)), .variableStart, .identifier("b"), .symbol(.dot), .identifier("c"),
        .variableEnd,
        .blockStart, .identifier("if"), .identifier("d"), .blockEnd, .end,
      ])
  }

  @Test("takes the longest operator")
  func operators() throws {
    #expect(
      try kinds("{{ // ** == <= < = }}") == [
        .variableStart, .symbol(.floorDivide), .symbol(.power), .symbol(.equal), .symbol(.lessOrEqual),
        .symbol(.less),
        .symbol(.assign), .variableEnd, .end,
      ])
  }

  @Test("closes no tag inside of brackets")
  func brackets() throws {
    #expect(
      try kinds("{{ {1: {2: 3}} }}").suffix(4) == [
        .symbol(.closeBrace), .symbol(.closeBrace), .variableEnd, .end,
      ])
  }

  @Test("reads positions behind dots")
  func positions() throws {
    #expect(
      try kinds("{{ a.0.1 0.1 }}") == [
        .variableStart, .identifier("a"), .symbol(.dot), .integer(0), .symbol(.dot), .integer(1), .float(0.1),
        .variableEnd, .end,
      ])
  }

  @Test(
    "drops one newline at the end",
    arguments: [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\n ", "a\n ")])
  func trailingNewline(_ source: String, _ text: String) throws {
    #expect(try kinds(source) == [.text(Array(text.utf8)), .end])
  }

  @Test("knows lines and columns in characters")
  func places() throws {
    let tokens = try Lexer.tokens(of: TemplateSource(name: "t", bytes: Array("é\n😀{{ x }}".utf8)))
    let name = try #require(tokens.first { $0.kind == .identifier("x") })
    #expect((name.span.line, name.span.column) == (2, 5))
  }

  @Test("reads what is no UTF-8 as text")
  func bytes() throws {
    let tokens = try Lexer.tokens(
      of: TemplateSource(name: "t", bytes: [0xFF, 0x7B, 0x7B, 0x31, 0x7D, 0x7D, 0xC3]))
    #expect(
      tokens.map(\.kind) == [.text([0xFF]), .variableStart, .integer(1), .variableEnd, .text([0xC3]), .end])
  }

  @Test("survives templates cut off anywhere")
  func truncation() {
    let source = Array(
      "a{#-c-#}{%- raw %}{{{% endraw -%} {{- a[\"x\\n\"].0|f(1_0.5e+3, **b) -}}{% set x = 'é' ~ {1:2} %}".utf8
    )
    for length in 0...source.count {
      _ = try? Lexer.tokens(of: TemplateSource(name: "t", bytes: Array(source[..<length])))
      _ = render(String(decoding: source[..<length], as: UTF8.self))
    }
  }
}
