import Glibc

/// The figures of one case: one pair of times a round, ours and RapidJSON's, taken one right after the other.
struct Measurement {
  private var rounds: [(ours: Double, unit: Double)] = []

  /// The medians, in nanoseconds of the processor's time: what else the machine does disturbs them little.
  var nanoseconds: Double { Measurement.median(rounds.map(\.ours)) }
  var unitNanoseconds: Double { Measurement.median(rounds.map(\.unit)) }
  /// The median of the rounds' ratios.
  var units: Double { Measurement.median(rounds.map { $0.ours / $0.unit }) }

  mutating func addRound(ours: Double, unit: Double) { rounds.append((ours, unit)) }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }
}

/// How often to repeat something so that it takes about as long as a batch, and how long one takes then.
enum Batch {
  static let nanoseconds = 2_000_000.0

  /// Also warms everything up.
  static func size(_ work: (_ times: Int) -> Void) -> Int {
    var times = 16
    while true {
      let each = timeOfOne(times, work)
      let size = nanoseconds / max(1, each)
      if Double(times) * 2 >= size { return max(1, Int(size)) }
      times *= 2
    }
  }

  /// Nanoseconds for each of `times` repetitions.
  static func timeOfOne(_ times: Int, _ work: (_ times: Int) -> Void) -> Double {
    let start = processorTime()
    work(times)
    return (processorTime() - start) / Double(times)
  }

  /// Of this thread, in nanoseconds.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
