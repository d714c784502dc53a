import Glibc

/// Measures whole transformations next to RapidJSON's parse of the same body.
///
///     engine-benchmark [--rounds N] [--only CASE] FOLDER      FOLDER has the bodies
///
/// Exit status: 0, 1 when a case is over its limit in units, 2 when a result is wrong or a body is missing.
/// `--only` repeats one case's transformation for a profiler, a thousand times a round, without any table.
@main
struct EngineBenchmark {
  private var rounds = 101
  private var only: Int?
  private var folder = "Benchmarks/Bodies"

  static func main() {
    do throws(Failure) {
      let benchmark = try EngineBenchmark(arguments: CommandLine.arguments.dropFirst())
      exit(try benchmark.run() ? 0 : 1)
    } catch {
      var message = "engine-benchmark: \(error)\n"
      _ = message.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      exit(2)
    }
  }

  private init(arguments: ArraySlice<String>) throws(Failure) {
    var rest = arguments
    while let argument = rest.popFirst() {
      switch argument {
      case "--rounds": rounds = max(1, try EngineBenchmark.number(rest.popFirst(), of: argument))
      case "--only": only = try EngineBenchmark.number(rest.popFirst(), of: argument)
      default: folder = argument
      }
    }
  }

  private static func number(_ text: String?, of option: String) throws(Failure) -> Int {
    guard let text, let number = Int(text) else { throw Failure("\(option) needs a number") }
    return number
  }

  /// False when a case is over its limit.
  private func run() throws(Failure) -> Bool {
    var cases: [PreparedCase] = []
    for definition in Case.all {
      cases.append(try PreparedCase(definition, bodies: BodyFolder(path: folder)))
    }
    for prepared in cases { try prepared.verify() }
    if let only, cases.indices.contains(only - 1) {
      for _ in 0..<rounds { cases[only - 1].transform(times: 1000) }
      return true
    }
    let report = try measure(cases)
    print(report.text)
    return report.isWithinLimits
  }

  private func measure(_ cases: [PreparedCase]) throws(Failure) -> Report {
    var measurements = cases.map { _ in Measurement() }
    var batches: [(ours: Int, unit: Int)] = []
    for prepared in cases {
      guard prepared.parseUnit(times: 1) else {
        throw Failure("RapidJSON cannot read \(prepared.definition.unit)")
      }
      batches.append((Batch.size(prepared.transform), Batch.size { _ = prepared.parseUnit(times: $0) }))
    }
    for _ in 0..<rounds {
      for (index, prepared) in cases.enumerated() {
        let (ours, unit) = batches[index]
        measurements[index].addRound(
          ours: Batch.timeOfOne(ours, prepared.transform),
          unit: Batch.timeOfOne(unit) { _ = prepared.parseUnit(times: $0) })
      }
    }
    for prepared in cases { try prepared.verify() }
    return Report(
      rows: zip(cases, measurements).map {
        Report.Row(definition: $0.definition, measurement: $1, allocations: $0.allocations())
      })
  }
}
