/// Letters that differ only in case: Unicode's simple case folding (CaseFolding.txt, C and S), as RE2 has it. `ß` and `ẞ`
/// are such letters, and `σ`, `ς` and `Σ`; `ß` and `ss` are not.
enum CaseFolding {
  /// The scalar that comes next among those that differ only in case: from one to the next, all come in turn. The
  /// scalar itself when there is no other.
  static func next(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return nextASCII(scalar) }
    let position = firstOrbit(from: scalar)
    return position < orbits.count && orbits[position].scalar == scalar ? orbits[position].next : scalar
  }

  /// Adds to ranges what differs from their scalars only in case, and to `work` what was looked at.
  static func close(_ ranges: [ClosedRange<UInt32>], _ work: inout Int) -> [ClosedRange<UInt32>] {
    var closed = ranges
    for range in ranges {
      var scalar = max(range.lowerBound, 0x41)
      while scalar <= min(range.upperBound, 0x7A) {
        addOthers(of: scalar, nextASCII(scalar), outside: range, to: &closed)
        scalar += 1
      }
      guard range.upperBound >= 0x80 else { continue }
      for orbit in orbits[firstOrbit(from: max(range.lowerBound, 0x80))...] {
        if orbit.scalar > range.upperBound { break }
        work += 1
        addOthers(of: orbit.scalar, orbit.next, outside: range, to: &closed)
      }
    }
    return closed
  }

  private static func addOthers(
    of scalar: UInt32, _ next: UInt32, outside range: ClosedRange<UInt32>,
    to ranges: inout [ClosedRange<UInt32>]
  ) {
    var other = next
    while other != scalar {
      if !range.contains(other) { ranges.append(other...other) }
      other = Self.next(other)
    }
  }

  // MARK: - Made once, and not for ASCII

  /// A scalar that has another case.
  private struct Orbit {
    let scalar: UInt32
    let next: UInt32
  }

  /// The Kelvin sign and the long s differ only in case from letters of ASCII.
  private static func nextASCII(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0x6B: 0x212A
    case 0x73: 0x17F
    case 0x41...0x5A, 0x61...0x7A: scalar ^ 0x20
    default: scalar
    }
  }

  /// The first one that is not less.
  private static func firstOrbit(from scalar: UInt32) -> Int {
    var from = 0
    var to = orbits.count
    while from < to {
      let middle = (from + to) / 2
      if orbits[middle].scalar < scalar { from = middle + 1 } else { to = middle }
    }
    return from
  }

  /// In the order of the scalars.
  private static let orbits = makeOrbits()

  private static func makeOrbits() -> [Orbit] {
    // Two numbers in one: what it is sorted by, and the scalar or the next one.
    var folded: [UInt64] = []
    for block in blocks {
      for scalar in block where Unicode.Scalar(scalar)?.properties.changesWhenCaseMapped == true {
        folded.append(UInt64(fold(scalar)) << 32 | UInt64(scalar))
      }
    }
    folded.sort()
    var nexts: [UInt64] = []
    var start = 0
    while start < folded.count {
      var end = start
      while end < folded.count, folded[end] >> 32 == folded[start] >> 32 { end += 1 }
      if end - start > 1 {
        for index in start..<end {
          let next = folded[index + 1 < end ? index + 1 : start] & 0xFFFF_FFFF
          nexts.append(folded[index] << 32 | next)
        }
      }
      start = end
    }
    nexts.sort()
    return nexts.map {
      Orbit(scalar: UInt32(truncatingIfNeeded: $0 >> 32), next: UInt32(truncatingIfNeeded: $0))
    }
  }

  /// Where letters with two cases are. To look at all of Unicode would take ten times as long.
  static let blocks: [ClosedRange<UInt32>] = [
    0x41...0x5FF, 0x10A0...0x10FF, 0x13A0...0x13FF, 0x1C80...0x1CBF, 0x1D00...0x1DBF, 0x1E00...0x1FFF,
    0x2100...0x218F, 0x24B0...0x24FF, 0x2C00...0x2D2F, 0xA640...0xA69F, 0xA720...0xA7FF, 0xAB30...0xABBF,
    0xFB00...0xFB06, 0xFF21...0xFF5A, 0x10400...0x104FF, 0x10570...0x105BF, 0x10C80...0x10CFF,
    0x10D50...0x10D8F, 0x118A0...0x118DF, 0x16E40...0x16EDF, 0x1E900...0x1E943,
  ]

  /// What all that differ only in case have in common: the small letter of the capital.
  static func fold(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    // The dotted and the dotless i are letters of their own.
    case 0x130, 0x131: return scalar
    // Their capitals are several letters.
    case 0x1E9E: return 0xDF
    case 0x1FD3: return 0x390
    case 0x1FE3: return 0x3B0
    case 0xFB05: return 0xFB06
    default: break
    }
    guard let properties = Unicode.Scalar(scalar)?.properties else { return scalar }
    let capital = single(properties.uppercaseMapping) ?? single(properties.titlecaseMapping) ?? scalar
    return Unicode.Scalar(capital).flatMap { single($0.properties.lowercaseMapping) } ?? capital
  }

  private static func single(_ text: String) -> UInt32? {
    let scalars = text.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return nil }
    return first.value
  }
}
