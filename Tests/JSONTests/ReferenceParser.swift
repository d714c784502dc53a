/// RFC 8259 written down as plainly as can be, byte by byte and by recursion: what the indexer is compared with.
/// Nil means that the text is not JSON.
struct ReferenceParser {
  indirect enum Tree: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string([UInt8])
    case array([Tree])
    case object([Member])
  }

  struct Member: Equatable {
    let key: [UInt8]
    let value: Tree
  }

  static let depthMax = 127

  private let text: [UInt8]
  private var offset = 0

  static func parse(_ text: [UInt8]) -> Tree? {
    guard String(validating: text, as: UTF8.self) != nil else { return nil }
    var parser = ReferenceParser(text: text)
    parser.space()
    guard let tree = parser.value(depth: 0) else { return nil }
    parser.space()
    return parser.offset == text.count ? tree : nil
  }

  private init(text: [UInt8]) { self.text = text }

  private var byte: UInt8? { offset < text.count ? text[offset] : nil }

  private mutating func take(_ wanted: Character) -> Bool {
    guard byte == wanted.asciiValue else { return false }
    offset += 1
    return true
  }

  private mutating func space() {
    while let byte, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { offset += 1 }
  }

  private mutating func value(depth: Int) -> Tree? {
    switch byte.map({ Character(Unicode.Scalar($0)) }) {
    case "n": word("null") ? .null : nil
    case "t": word("true") ? .bool(true) : nil
    case "f": word("false") ? .bool(false) : nil
    case "\"": string().map { .string($0) }
    case "[": depth < Self.depthMax ? array(depth: depth + 1) : nil
    case "{": depth < Self.depthMax ? object(depth: depth + 1) : nil
    case nil: nil
    default: number()
    }
  }

  private mutating func word(_ word: String) -> Bool {
    guard text[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  private mutating func array(depth: Int) -> Tree? {
    var elements: [Tree] = []
    guard take("[") else { return nil }
    space()
    if take("]") { return .array([]) }
    while true {
      space()
      guard let element = value(depth: depth) else { return nil }
      elements.append(element)
      space()
      if take("]") { return .array(elements) }
      guard take(",") else { return nil }
    }
  }

  private mutating func object(depth: Int) -> Tree? {
    var members: [Member] = []
    guard take("{") else { return nil }
    space()
    if take("}") { return .object([]) }
    while true {
      space()
      guard let key = string() else { return nil }
      space()
      guard take(":") else { return nil }
      space()
      guard let value = value(depth: depth) else { return nil }
      members.append(Member(key: key, value: value))
      space()
      if take("}") { return .object(members) }
      guard take(",") else { return nil }
    }
  }

  private mutating func number() -> Tree? {
    let first = offset
    _ = take("-")
    if !take("0") { guard digits() else { return nil } }
    if take(".") { guard digits() else { return nil } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { return nil }
    }
    return .number(String(decoding: text[first..<offset], as: UTF8.self))
  }

  private mutating func digits() -> Bool {
    let first = offset
    while let byte, (0x30...0x39).contains(byte) { offset += 1 }
    return offset > first
  }

  private mutating func string() -> [UInt8]? {
    guard take("\"") else { return nil }
    // The whole text is UTF-8 already, so that bytes can be copied one by one.
    var decoded: [UInt8] = []
    while let byte {
      if take("\"") { return decoded }
      if take("\\") {
        guard let character = escape() else { return nil }
        decoded += Array(String(character).utf8)
        continue
      }
      guard byte >= 0x20 else { return nil }
      decoded.append(byte)
      offset += 1
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    for (letter, meaning) in Self.escapes where take(letter) { return meaning }
    guard take("u"), let unit = hex() else { return nil }
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard (0xd800...0xdbff).contains(unit), take("\\"), take("u"), let low = hex(),
      (0xdc00...0xdfff).contains(low)
    else { return nil }
    return Unicode.Scalar(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00))
  }

  private mutating func hex() -> UInt32? {
    let digits = text[offset...].prefix(4)
    let isHex = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
    guard digits.count == 4, isHex else { return nil }
    offset += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static let escapes: [(Character, Unicode.Scalar)] = [
    ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{08}"), ("f", "\u{0c}"), ("n", "\n"), ("r", "\r"),
    ("t", "\t"),
  ]
}
