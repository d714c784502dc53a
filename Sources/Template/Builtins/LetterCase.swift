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
    var precedes = false
    var follows = false
    Text.forEachScalar(in: bytes) { scalar, place in
      guard let scalar, place != range, !scalar.properties.isCaseIgnorable else { return }
      if place.upperBound <= range.lowerBound {
        precedes = scalar.properties.isCased
      } else if !follows {
        follows = scalar.properties.isCased
      }
    }
    return precedes && !follows
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
