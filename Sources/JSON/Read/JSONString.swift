extension JSONValue {
  /// Whether this is a string with escapes: one whose text differs from its spelling.
  package var hasEscapes: Bool { entry.kind == .string && entry.isMarked }

  /// A string's spelling between the quotes; its text when it has no escapes. Valid while the document's text is.
  package var rawString: UnsafeRawBufferPointer? {
    JSONString.spelling(document, position).map { UnsafeRawBufferPointer($0) }
  }

  /// A string's text, decoded.
  package var string: [UInt8]? {
    guard let spelling = JSONString.spelling(document, position) else { return nil }
    guard entry.isMarked else { return Array(spelling) }
    var output: [UInt8] = []
    output.reserveCapacity(spelling.count)
    JSONString.decode(spelling, to: &output)
    return output
  }

  /// A string's text, decoded, appended to `output`. Does nothing on other kinds.
  package func appendString(to output: inout [UInt8]) {
    guard let spelling = JSONString.spelling(document, position) else { return }
    if entry.isMarked {
      JSONString.decode(spelling, to: &output)
    } else {
      output.append(contentsOf: spelling)
    }
  }

  /// Whether this is a string with that text (UTF-8). Allocates nothing.
  package func isString(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let spelling = JSONString.spelling(document, position) else { return false }
    return JSONString.isEqual(spelling, hasEscapes: entry.isMarked, text)
  }

  package func isString(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isString(UnsafeRawBufferPointer($0)) }
  }
}

/// A string's text from its spelling. The indexer has checked every escape; still nothing here reads past the end.
enum JSONString {
  /// What is between the quotes; nil for all but strings.
  @inline(__always)
  static func spelling(_ document: JSONDocument, _ position: Int) -> UnsafeBufferPointer<UInt8>? {
    guard document.entry(position).kind == .string else { return nil }
    let source = document.source(position)
    guard let base = source.baseAddress, source.count >= 2 else { return nil }
    return UnsafeBufferPointer(start: base + 1, count: source.count &- 2)
  }

  /// Whether `spelling` stands for `text`.
  @inline(__always)
  static func isEqual(
    _ spelling: UnsafeBufferPointer<UInt8>, hasEscapes: Bool, _ text: UnsafeRawBufferPointer
  ) -> Bool {
    if hasEscapes { return isEqual(escaped: spelling, text) }
    return spelling.count == text.count && startsEqual(spelling, text, at: 0)
  }

  /// Appends the text that `spelling` stands for.
  static func decode(_ spelling: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    var pieces = JSONStringPieces(spelling)
    while let piece = pieces.next() {
      switch piece {
      case .plain(let bytes): output.append(contentsOf: bytes)
      case .escaped(let character): character.append(to: &output)
      }
    }
  }

  @inline(never)
  private static func isEqual(escaped spelling: UnsafeBufferPointer<UInt8>, _ text: UnsafeRawBufferPointer)
    -> Bool
  {
    var matched = 0
    var pieces = JSONStringPieces(spelling)
    while let piece = pieces.next() {
      switch piece {
      case .plain(let bytes):
        guard startsEqual(bytes, text, at: matched) else { return false }
        matched &+= bytes.count
      case .escaped(let character):
        guard character.isFound(in: text, at: matched) else { return false }
        matched &+= character.count
      }
    }
    return matched == text.count
  }

  /// Whether all of `bytes` is in `text` at `offset`, which is at most the text's length.
  @inline(__always)
  private static func startsEqual(
    _ bytes: UnsafeBufferPointer<UInt8>, _ text: UnsafeRawBufferPointer, at offset: Int
  ) -> Bool {
    guard text.count &- offset >= bytes.count else { return false }
    guard let left = bytes.baseAddress, let right = text.baseAddress else { return true }
    let end = left + bytes.count
    var p = left
    var q = right.assumingMemoryBound(to: UInt8.self) + offset
    while end - p >= 8 {
      if StringScan.word(at: p) != StringScan.word(at: q) { return false }
      p += 8
      q += 8
    }
    while p < end {
      if p[0] != q[0] { return false }
      p += 1
      q += 1
    }
    return true
  }
}

/// A string's spelling, cut into runs that stand for themselves and escapes.
struct JSONStringPieces {
  enum Piece {
    case plain(UnsafeBufferPointer<UInt8>)
    case escaped(UTF8Character)
  }

  private var p: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>

  init(_ spelling: UnsafeBufferPointer<UInt8>) {
    p = spelling.baseAddress ?? ("" as StaticString).utf8Start
    end = p + spelling.count
  }

  mutating func next() -> Piece? {
    guard p < end else { return nil }
    if p[0] == UInt8(ascii: "\\"), end - p >= 2 { return .escaped(escape()) }
    let run = p
    // At least one byte, so that every call gets on.
    p = StringScan.firstBackslash(p + 1, end: end)
    return .plain(UnsafeBufferPointer(start: run, count: p - run))
  }

  /// Reads the escape at `p`.
  private mutating func escape() -> UTF8Character {
    let letter = p[1]
    if letter == UInt8(ascii: "u") { return hexEscape() }
    p += 2
    let character: UInt32 =
      switch letter {
      case UInt8(ascii: "b"): 0x08
      case UInt8(ascii: "f"): 0x0c
      case UInt8(ascii: "n"): 0x0a
      case UInt8(ascii: "r"): 0x0d
      case UInt8(ascii: "t"): 0x09
      default: UInt32(letter)
      }
    return UTF8Character(character)
  }

  private mutating func hexEscape() -> UTF8Character {
    guard let unit = HexEscape.unit(at: p, end: end) else {
      p += 2
      return .replacement
    }
    p += HexEscape.length
    guard HexEscape.isSurrogate(unit) else { return UTF8Character(unit) }
    guard let scalar = HexEscape.pairedScalar(unit, next: p, end: end) else { return .replacement }
    p += HexEscape.length
    return UTF8Character(scalar)
  }
}
