/// Upper and lower case after Unicode, with a short way for ASCII. Bytes that are no UTF-8 stay as they are.
enum LetterCase {
  static func upper(_ bytes: [UInt8]) -> [UInt8] {
    if Text.isASCII(bytes) { return bytes.map { isLower($0) ? $0 & ~0x20 : $0 } }
    return mapped(bytes) { scalar, _ in scalar.properties.uppercaseMapping }
  }

  static func lower(_ bytes: [UInt8]) -> [UInt8] {
    if Text.isASCII(bytes) { return bytes.map { isUpper($0) ? $0 | 0x20 : $0 } }
    return mapped(bytes) { scalar, range in
      // A sigma at the end of a word has a letter of its own.
      scalar == "Σ" && endsWord(bytes, range) ? "ς" : scalar.properties.lowercaseMapping
    }
  }

  /// The first letter of each word in upper case, all others in lower case.
  static func title(_ bytes: [UInt8]) -> [UInt8] {
    var startsWord = true
    return mapped(bytes) { scalar, _ in
      if Text.isWhitespace(scalar) || isPunctuation(scalar) {
        startsWord = true
        return String(scalar)
      }
      defer { startsWord = false }
      return startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
    }
  }

  /// The first letter in upper case, all others in lower case.
  static func capitalized(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    let (length, _) = Text.scalar(in: bytes, at: 0)
    return upper(Array(bytes[..<length])) + lower(Array(bytes[length...]))
  }

  /// As Python's method has it: the first letter as titles have it, and the rest sees it before itself.
  static func capitalizedAsInPython(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    let first = Array(bytes[..<Text.scalar(in: bytes, at: 0).length])
    let start = mapped(first) { scalar, _ in scalar.properties.titlecaseMapping }
    return start + lower(bytes).dropFirst(lower(first).count)
  }

  /// As Python's method has it: a word begins behind all that has no case.
  static func titleAsInPython(_ bytes: [UInt8]) -> [UInt8] {
    var isInWord = false
    return mapped(bytes) { scalar, range in
      defer { isInWord = scalar.properties.isCased }
      if !isInWord { return scalar.properties.titlecaseMapping }
      return scalar == "Σ" && endsWord(bytes, range) ? "ς" : scalar.properties.lowercaseMapping
    }
  }

  private static func mapped(
    _ bytes: [UInt8], _ transform: (Unicode.Scalar, Range<Int>) -> String
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    Text.forEachScalar(in: bytes) { scalar, range in
      if let scalar {
        result.append(text: transform(scalar, range))
      } else {
        result.append(contentsOf: bytes[range])
      }
    }
    return result
  }

  /// Unicode's condition Final_Sigma: a cased letter before, none behind, whatever stands between that has no case.
  private static func endsWord(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    isCased(bytes, before: range.lowerBound) && !isCased(bytes, from: range.upperBound)
  }

  /// Looks as far as what has no case reaches, which another sigma ends: all sigmas of a text together look at it once.
  private static func isCased(_ bytes: [UInt8], from start: Int) -> Bool {
    var position = start
    while position < bytes.count {
      let (length, scalar) = Text.scalar(in: bytes, at: position)
      if let scalar, !scalar.properties.isCaseIgnorable { return scalar.properties.isCased }
      position += length
    }
    return false
  }

  private static func isCased(_ bytes: [UInt8], before end: Int) -> Bool {
    var end = end
    while end > 0 {
      var start = end - 1
      while start > 0, end - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
      let (length, scalar) = Text.scalar(in: bytes, at: start)
      let isWhole = start + length == end
      if isWhole, let scalar, !scalar.properties.isCaseIgnorable { return scalar.properties.isCased }
      end = isWhole ? start : end - 1
    }
    return false
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  private static func isLower(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }
  private static func isUpper(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
  }
}
