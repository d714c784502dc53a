/// How long the answers of a phase took: a histogram.
struct PhaseTimes: Equatable {
  /// Upper bounds in microseconds, inclusive. Headers take a few, a body of megabytes some thousands.
  static let boundsMicroseconds: [UInt64] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000,
  ]

  /// How many fell between the bound before and this one; the last is for those above all.
  var counts: [UInt64]
  var sumNanoseconds: UInt64

  /// The buckets, one for what is above all bounds, and the sum.
  static let cellCount = bucketCount + 1
  static let sumCell = bucketCount
  private static let bucketCount = boundsMicroseconds.count + 1

  init(cells: [UInt64]) {
    counts = Array(cells.prefix(Self.bucketCount))
    sumNanoseconds = cells.last ?? 0
  }

  static func bucket(of nanoseconds: UInt64) -> Int {
    // Nearly all are in the first few.
    var index = 0
    for bound in boundsMicroseconds {
      if nanoseconds <= bound &* 1_000 { return index }
      index &+= 1
    }
    return index
  }

  static func + (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes {
    var sum = left
    for (index, count) in right.counts.enumerated() { sum.counts[index] &+= count }
    sum.sumNanoseconds &+= right.sumNanoseconds
    return sum
  }
}
