/// A set of Unicode scalars: `[a-z]`, `\d`, `\p{L}`, `.`, a letter in both cases.
struct RegexSet: Sendable {
  /// The answers for ASCII, a bit each.
  private let low: UInt64
  private let high: UInt64
  /// Sorted, not touching each other.
  private let ranges: [ClosedRange<UInt32>]
  private let categories: [RegexCategories]
  private let isNegated: Bool
  /// What looking a scalar up costs beyond ASCII, in states of the machine.
  let statesOfLookup: Int

  /// What is in one of the parts, or in none of them.
  init(_ parts: RegexSetParts, isNegated: Bool = false) {
    ranges = Self.merged(parts.ranges)
    categories = parts.categories
    self.isNegated = isNegated
    statesOfLookup = (ranges.count > 8 ? 1 : 0) + categories.reduce(0) { $0 + ($1.ignoresCase ? 6 : 2) }
    var bits: [UInt64] = [0, 0]
    for scalar in UInt32(0)..<128 where Self.holds(scalar, ranges, categories) != isNegated {
      bits[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
    }
    (low, high) = (bits[0], bits[1])
  }

  init(_ ranges: [ClosedRange<UInt32>]) {
    self.init(RegexSetParts(ranges: ranges))
  }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return low >> UInt64(scalar) & 1 == 1 }
    if scalar < 128 { return high >> UInt64(scalar & 63) & 1 == 1 }
    return Self.holds(scalar, ranges, categories) != isNegated
  }

  private static func holds(
    _ scalar: UInt32, _ ranges: [ClosedRange<UInt32>], _ categories: [RegexCategories]
  ) -> Bool {
    if search(scalar, ranges) { return true }
    for some in categories where some.contains(scalar) { return true }
    return false
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

  fileprivate static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
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
}

/// What a set is made of, part after part.
struct RegexSetParts {
  fileprivate(set) var ranges: [ClosedRange<UInt32>] = []
  fileprivate(set) var categories: [RegexCategories] = []
  /// What was looked at to find them.
  private var looked = 0
  /// What making them took, in instructions of a program: so much time and so much memory.
  var work: Int { (looked + ranges.count) / 4 }

  init() {}

  init(ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  /// Each part by itself is looked at without regard to case, and then negated: `(?i)\W` has none of the letters that
  /// differ from a word's characters only in case.
  mutating func add(_ some: [ClosedRange<UInt32>], isNegated: Bool = false, ignoresCase: Bool) {
    let closed = ignoresCase ? CaseFolding.close(some, &looked) : some
    ranges += isNegated ? RegexSet.inverted(closed) : closed
  }

  mutating func add(_ group: RegexGroup, isNegated: Bool = false, ignoresCase: Bool) {
    switch group {
    case .ranges(let ranges): add(ranges, isNegated: isNegated, ignoresCase: ignoresCase)
    case .script(let ranges):
      add(ranges, isNegated: isNegated, ignoresCase: ignoresCase)
      looked += 256
    case .categories(let mask):
      categories.append(RegexCategories(mask: mask, isNegated: isNegated, ignoresCase: ignoresCase))
      looked += ignoresCase ? 256 : 128
    }
  }
}

/// A group of characters with a name: `\d`, `[:alpha:]`, `\p{Greek}`.
enum RegexGroup {
  case ranges([ClosedRange<UInt32>])
  /// The same, looked up in a long table.
  case script([ClosedRange<UInt32>])
  /// General categories, a bit each.
  case categories(UInt32)
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
