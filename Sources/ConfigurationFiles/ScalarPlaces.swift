/// Finds where each character of a YAML scalar's value stands in the text, by reading the scalar again.
///
/// The parser gives values without places inside. Each style is walked by the rules of YAML 1.1 (sections 5.7
/// and 9), and each character is checked against the value that the parser found: where the two differ there
/// is no answer, never a wrong one.
struct ScalarPlaces {
  enum Style { case plain, singleQuoted, doubleQuoted, literal, folded }

  private let text: YAMLText
  private let value: [Unicode.Scalar]
  /// Where the characters found so far stand.
  private var places: [Int] = []
  /// The next character to read.
  private var index: Int

  /// For each scalar of `value` its index in `text`, and one more for the end. `start` is the index of the
  /// quote, the block indicator, or the first character. Nil when it cannot be known.
  static func find(_ value: String, style: Style, from start: Int, in text: YAMLText) -> [Int]? {
    let scalars = Array(value.unicodeScalars)
    switch style {
    case .plain, .singleQuoted, .doubleQuoted:
      var walk = ScalarPlaces(text: text, value: scalars, index: start)
      return walk.flow(style) ? walk.placesAndEnd(start) : nil
    case .literal, .folded:
      return block(scalars, folded: style == .folded, from: start, in: text)
    }
  }

  private init(text: YAMLText, value: [Unicode.Scalar], index: Int) {
    self.text = text
    self.value = value
    self.index = index
  }

  private var isComplete: Bool { places.count == value.count }

  private func placesAndEnd(_ start: Int) -> [Int] {
    places + [places.last.map { $0 + 1 } ?? start]
  }

  /// The value's next character is `scalar`, from `place`. False when the value has another one there.
  private mutating func emit(_ scalar: Unicode.Scalar, from place: Int) -> Bool {
    guard places.count < value.count, value[places.count] == scalar else { return false }
    places.append(place)
    return true
  }

  // MARK: Plain and quoted

  private mutating func flow(_ style: Style) -> Bool {
    let quote: Unicode.Scalar? = style == .plain ? nil : style == .singleQuoted ? "'" : "\""
    if let quote {
      guard text[index] == quote else { return false }
      index += 1
    }
    while true {
      if quote == nil, isComplete { return true }
      guard let scalar = text[index] else { return false }
      if scalar == quote {
        guard style == .singleQuoted, text[index + 1] == "'" else { return isComplete }
        guard emit("'", from: index) else { return false }
        index += 2
      } else if style == .doubleQuoted, scalar == "\\" {
        guard escape() else { return false }
      } else if scalar.isBlank || scalar.isBreak {
        guard whitespace() else { return false }
      } else {
        guard emit(scalar, from: index) else { return false }
        index += 1
      }
    }
  }

  /// Blanks stay where they stand inside a line; around a line break they go. One break is a space, each
  /// further one a line feed.
  private mutating func whitespace() -> Bool {
    let start = index
    var breaks: [Int] = []
    while let scalar = text[index], scalar.isBlank || scalar.isBreak {
      if scalar.isBreak {
        breaks.append(index)
        skipBreak()
      } else {
        index += 1
      }
    }
    if breaks.isEmpty {
      for place in start..<index where !emit(text.scalars[place], from: place) { return false }
      return true
    }
    guard breaks.count > 1 else { return emit(" ", from: breaks[0]) }
    for place in breaks.dropFirst() where !emit("\n", from: place) { return false }
    return true
  }

  /// Past a line break, CRLF being one.
  private mutating func skipBreak() {
    index += text[index] == "\r" && text[index + 1] == "\n" ? 2 : 1
  }

  /// What stands after a backslash in a double-quoted scalar.
  private mutating func escape() -> Bool {
    let place = index
    guard let code = text[index + 1] else { return false }
    index += 1
    if code.isBreak { return escapedBreak() }
    index += 1
    if let digits = ScalarPlaces.hexadecimalDigits[code] {
      guard let scalar = hexadecimal(digits) else { return false }
      return emit(scalar, from: place)
    }
    guard let scalar = ScalarPlaces.escapes[code] else { return false }
    return emit(scalar, from: place)
  }

  /// An escaped line break is nothing, with the blanks that start the next line; empty lines after it are
  /// line feeds.
  private mutating func escapedBreak() -> Bool {
    skipBreak()
    while let scalar = text[index], scalar.isBlank || scalar.isBreak {
      if scalar.isBreak {
        guard emit("\n", from: index) else { return false }
        skipBreak()
      } else {
        index += 1
      }
    }
    return true
  }

  private mutating func hexadecimal(_ digits: Int) -> Unicode.Scalar? {
    var code: UInt32 = 0
    for _ in 0..<digits {
      guard let scalar = text[index], let digit = Character(scalar).hexDigitValue else { return nil }
      code = code &* 16 &+ UInt32(digit)
      index += 1
    }
    return Unicode.Scalar(code)
  }

  private static let hexadecimalDigits: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "0": "\0", "a": "\u{07}", "b": "\u{08}", "t": "\t", "\t": "\t", "n": "\n", "v": "\u{0B}", "f": "\u{0C}",
    "r": "\r", "e": "\u{1B}", " ": " ", "\"": "\"", "/": "/", "\\": "\\", "N": "\u{85}", "_": "\u{A0}",
    "L": "\u{2028}", "P": "\u{2029}",
  ]

  // MARK: Literal and folded blocks

  private static func block(
    _ value: [Unicode.Scalar], folded: Bool, from start: Int, in text: YAMLText
  ) -> [Int]? {
    var header = ScalarPlaces(text: text, value: value, index: start)
    guard text[start] == (folded ? ">" : "|") else { return nil }
    var isIndentGiven = false
    while let scalar = text[header.index], !scalar.isBreak {
      if header.index <= start + 2, ("1"..."9").contains(scalar) { isIndentGiven = true }
      header.index += 1
    }
    guard text[header.index] != nil else { return value.isEmpty ? [header.index] : nil }
    header.skipBreak()

    let found = header.firstIndent()
    // An indent that is given counts from the parent's, which is not known here: the right one is the one
    // that fits.
    let candidates = isIndentGiven ? Array((0...found).reversed()) : [found]
    for indent in candidates {
      var walk = header
      if walk.lines(indent: indent, folded: folded) { return walk.placesAndEnd(header.index) }
    }
    return nil
  }

  /// The indent of the first line that is not blank, or the widest of blank lines before the end.
  private func firstIndent() -> Int {
    var walk = self
    var widest = 0
    while walk.text[walk.index] != nil {
      let spaces = walk.skipSpaces(atMost: .max)
      widest = max(widest, spaces)
      guard let scalar = walk.text[walk.index], scalar.isBreak else { return spaces }
      walk.skipBreak()
    }
    return widest
  }

  private mutating func lines(indent: Int, folded: Bool) -> Bool {
    var breaks: [Int] = []
    var isFirst = true
    var wasIndentedMore = false
    while !isComplete {
      guard text[index] != nil else { return emit(breaks) }
      _ = skipSpaces(atMost: indent)
      guard let first = text[index] else { return emit(breaks) }
      if !first.isBreak {
        let isIndentedMore = first.isBlank
        if !isFirst, folded, !wasIndentedMore, !isIndentedMore {
          guard fold(breaks) else { return false }
        } else {
          guard emit(breaks) else { return false }
        }
        breaks = []
        while let scalar = text[index], !scalar.isBreak {
          guard emit(scalar, from: index) else { return false }
          index += 1
        }
        isFirst = false
        wasIndentedMore = isIndentedMore
        if isComplete { return true }
      }
      guard text[index] != nil else { return emit(breaks) }
      breaks.append(index)
      if breaks.count + places.count >= value.count, isRestLineFeeds { return emit(breaks) }
      skipBreak()
    }
    return true
  }

  /// The end of the value is what the chomping left of the last line breaks.
  private var isRestLineFeeds: Bool {
    value[places.count...].allSatisfy { $0 == "\n" }
  }

  private mutating func emit(_ breaks: [Int]) -> Bool {
    for place in breaks {
      if isComplete { return true }
      guard emit("\n", from: place) else { return false }
    }
    return true
  }

  private mutating func fold(_ breaks: [Int]) -> Bool {
    guard let first = breaks.first else { return true }
    if breaks.count == 1 { return emit(" ", from: first) }
    return emit(Array(breaks.dropFirst()))
  }

  private mutating func skipSpaces(atMost limit: Int) -> Int {
    let start = index
    while index - start < limit, text[index] == " " { index += 1 }
    return index - start
  }
}

extension Unicode.Scalar {
  var isBlank: Bool { self == " " || self == "\t" }
  /// The line breaks that YAML turns into a line feed.
  var isBreak: Bool { self == "\n" || self == "\r" || self == "\u{85}" }
}
