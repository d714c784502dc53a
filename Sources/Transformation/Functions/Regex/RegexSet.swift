/// A set of Unicode scalars: `[a-z]`, `\d`, `.`, a letter in both cases.
struct RegexSet: Sendable {
  /// The answers for ASCII, a bit each.
  private let low: UInt64
  private let high: UInt64
  /// Sorted, not touching each other.
  private let ranges: [ClosedRange<UInt32>]
  private let isNegated: Bool
  let ignoresCase: Bool

  init(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false, ignoresCase: Bool = false) {
    let merged = Self.merged(ranges)
    self.ranges = merged
    self.isNegated = isNegated
    self.ignoresCase = ignoresCase
    var bits: [UInt64] = [0, 0]
    for scalar in UInt32(0)..<128
    where Self.holds(scalar, merged, ignoresCase: ignoresCase) != isNegated {
      bits[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
    }
    (low, high) = (bits[0], bits[1])
  }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return low >> UInt64(scalar) & 1 == 1 }
    if scalar < 128 { return high >> UInt64(scalar & 63) & 1 == 1 }
    return Self.holds(scalar, ranges, ignoresCase: ignoresCase) != isNegated
  }

  private static func holds(_ scalar: UInt32, _ ranges: [ClosedRange<UInt32>], ignoresCase: Bool) -> Bool {
    if search(scalar, ranges) { return true }
    guard ignoresCase else { return false }
    return otherCases(of: scalar).contains { search($0, ranges) }
  }

  private static func search(_ scalar: UInt32, _ ranges: [ClosedRange<UInt32>]) -> Bool {
    var from = 0
    var to = ranges.count
    while from < to {
      let middle = (from + to) / 2
      if scalar < ranges[middle].lowerBound {
        to = middle
      } else if scalar > ranges[middle].upperBound {
        from = middle + 1
      } else {
        return true
      }
    }
    return false
  }

  private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound &+ 1 {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// The scalars that differ from this only in case. Letters whose other case is more than one scalar have none.
  static func otherCases(of scalar: UInt32) -> [UInt32] {
    guard let letter = Unicode.Scalar(scalar) else { return [] }
    if scalar < 128 {
      switch letter {
      // The Kelvin sign and the long s are letters of ASCII in lower case.
      case "k", "K": return [scalar ^ 0x20, 0x212A]
      case "s", "S": return [scalar ^ 0x20, 0x17F]
      case "a"..."z", "A"..."Z": return [scalar ^ 0x20]
      default: return []
      }
    }
    let upper = single(letter.properties.uppercaseMapping)
    let lower = single(letter.properties.lowercaseMapping)
    // The other letters with the same capital: σ and ς.
    let both = upper.flatMap { Unicode.Scalar($0) }.flatMap { single($0.properties.lowercaseMapping) }
    return [upper, lower, both].compactMap { $0 }.filter { $0 != scalar }
  }

  private static func single(_ text: String) -> UInt32? {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return nil }
    return first.value
  }
}

extension RegexSet {
  static let last: UInt32 = 0x10FFFF
  static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
  static let words: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
  static let spaces: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20]

  static func inverted(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in merged(ranges) {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound &+ 1
    }
    if next <= last { result.append(next...last) }
    return result
  }

  /// `[:alpha:]` and its like.
  static func posix(_ name: String) -> [ClosedRange<UInt32>]? {
    switch name {
    case "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
    case "alpha": [0x41...0x5A, 0x61...0x7A]
    case "ascii": [0...0x7F]
    case "blank": [0x09...0x09, 0x20...0x20]
    case "cntrl": [0...0x1F, 0x7F...0x7F]
    case "digit": digits
    case "graph": [0x21...0x7E]
    case "lower": [0x61...0x7A]
    case "print": [0x20...0x7E]
    case "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    case "space": spaces
    case "upper": [0x41...0x5A]
    case "word": words
    case "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66]
    default: nil
    }
  }
}
