/// Operators, words and methods of other languages, and what they are here.
extension OtherDialects {
  /// For a character that starts nothing; `next` follows it.
  static func character(_ scalar: Unicode.Scalar, next: UInt8) -> String? {
    switch scalar {
    case "&": "`&&` is written `and`"
    case "!": "`!` is written `not`"
    case "?" where next == UInt8(ascii: "?"): "`a ?? b` is written `a|default(b)`"
    case "?" where next == UInt8(ascii: "."): "`a?.b` is written `(a|default({})).b`"
    case "?": "`a ? b : c` is written `b if a else c`"
    case "$": "a field is written by its name alone, `messages[0].content`"
    case "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}": "a string stands in straight quotes"
    default: nil
    }
  }

  /// For a token that cannot stand where it does, behind another.
  static func token(_ kind: Token.Kind, behind last: Token.Kind?) -> String? {
    switch (last, kind) {
    case (.symbol(.pipe), .symbol(.pipe)): "`||` is written `or`"
    case (.symbol(.equal), .symbol(.assign)): "`===` is written `==`"
    case (.symbol(.notEqual), .symbol(.assign)): "`!==` is written `!=`"
    case (_, .symbol(.assign)): "to compare, write `==`"
    case (.variableStart, .symbol(.divide)):
      "a path is written `messages[0].content`, not `/messages/0/content`"
    case (_, .identifier(let word)): words[word]
    default: nil
    }
  }

  private static let words: [String: String] = [
    "contains": "`a contains b` is written `b in a`",
    "matches": "`a matches b` is written `regex_match(a, b)`",
    "startsWith": "`a startsWith b` is written `a.startswith(b)`",
    "startswith": "`a startswith b` is written `a.startswith(b)`",
    "endsWith": "`a endsWith b` is written `a.endswith(b)`",
    "endswith": "`a endswith b` is written `a.endswith(b)`",
    "AND": "`AND` is written `and`", "OR": "`OR` is written `or`", "NOT": "`NOT` is written `not`",
    "eq": "`a eq b` is written `a == b`", "ne": "`a ne b` is written `a != b`",
  ]

  /// For a statement that does not exist.
  static func statement(_ word: String) -> String? { statements[word] }

  private static let statements: [String: String] = [
    "elseif": "`elseif` is written `elif`", "elseIf": "`elseIf` is written `elif`",
    "elsif": "`elsif` is written `elif`",
    "end": "a block is closed by its name: write `{% endif %}`, `{% endfor %}`",
    "unless": "`unless a` is written `if not a`", "foreach": "`foreach` is written `for`",
    "switch": "there is no `switch`: write `if a == 1`, `elif a == 2`",
    "case": "there is no `case`: write `if a == 1`, `elif a == 2`",
    "while": "there is no `while`: write `for i in range(10)`",
    "assign": "`assign` is Liquid's: write `set`", "let": "`let` is written `set`",
    "var": "`var` is written `set`",
    "capture": "`capture` is Liquid's: write `{% set name %}…{% endset %}`",
    "comment": "a comment is written `{# … #}`",
  ]

  /// For a name that is a value elsewhere, and here the name of a field.
  static func name(_ name: String) -> String? { names[name] }

  private static let names: [String: String] = [
    "null": "none", "Null": "none", "NULL": "none", "nil": "none", "undefined": "none", "TRUE": "true",
    "FALSE": "false",
  ]

  /// For a method that no value has.
  static func method(_ name: String, of object: String?) -> String? {
    methods[name].map { "there is no method `\(name)`: write `\(repeating(object, in: $0))`" }
  }

  static let methods: [String: String] = [
    "startsWith": "value.startswith(\"a\")", "starts_with": "value.startswith(\"a\")",
    "endsWith": "value.endswith(\"a\")", "ends_with": "value.endswith(\"a\")",
    "toLowerCase": "value|lower", "toLower": "value|lower", "to_lower": "value|lower",
    "downcase": "value|lower",
    "toUpperCase": "value|upper", "toUpper": "value|upper", "to_upper": "value|upper",
    "upcase": "value|upper",
    "toString": "value|string", "to_string": "value|string", "toJson": "value|tojson",
    "to_json": "value|tojson",
    "trimStart": "value.lstrip()", "trimEnd": "value.rstrip()", "indexOf": "value.find(\"a\")",
    "includes": "\"a\" in value", "contains": "\"a\" in value", "containsKey": "\"a\" in value",
    "hasOwnProperty": "\"a\" in value", "has_key": "\"a\" in value",
    "replaceAll": "value.replace(\"a\", \"b\")", "substring": "value[0:5]", "substr": "value[0:5]",
    "charAt": "value[0]", "isEmpty": "not value", "is_empty": "not value", "toFixed": "value|round(2)",
  ]
}

extension TemplateUsage.Field {
  /// What to write for a name that is a value in other languages.
  package var valueElsewhere: String? { OtherDialects.name(name) }
}
