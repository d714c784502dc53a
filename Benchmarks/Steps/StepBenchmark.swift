import Glibc
import Transformation

/// Measures how long a step takes at worst: each construct is repeated until the budget of its rendering ends.
///
///     step-benchmark [--steps N] [--rounds N] [--only TEXT] [--show N]
///     step-benchmark --stacks      how much stack the deepest inputs need
///
/// Prints the slowest. Those that end in another error than that of the budget are named, and not measured.
@main
struct StepBenchmark {
  private var steps = 1_000_000
  private var rounds = 3
  private var only: String?
  private var shown = 60

  static func main() {
    if CommandLine.arguments.dropFirst().first == "--stacks" { return Stacks.measure() }
    var benchmark = StepBenchmark()
    var arguments = CommandLine.arguments.dropFirst()
    while let argument = arguments.popFirst(), let value = arguments.popFirst() {
      switch argument {
      case "--steps": benchmark.steps = Int(value) ?? benchmark.steps
      case "--rounds": benchmark.rounds = Int(value) ?? benchmark.rounds
      case "--show": benchmark.shown = Int(value) ?? benchmark.shown
      case "--only": benchmark.only = value
      default: print("unknown option \(argument)")
      }
    }
    benchmark.run()
  }

  private func run() {
    let message = Message()
    var rows: [(nanoseconds: Double, rendering: Rendering)] = []
    for construct in Construct.all where only.map({ construct.name.contains($0) }) ?? true {
      guard let rendering = Rendering(construct, steps: steps) else { continue }
      let time = rendering.nanoseconds(message)
      if time.isFinite { rows.append((time / Double(steps), rendering)) }
      if time > 1000 * Double(steps) {
        print("slow: \(construct.name)")
        fflush(nil)
      }
    }
    let slowest = rows.sorted { $0.nanoseconds > $1.nanoseconds }.prefix(shown)
    // The machine does other things too: the best of several.
    rows = slowest.map { row in
      (
        (1..<rounds).reduce(row.nanoseconds) { best, _ in
          min(best, row.rendering.nanoseconds(message) / Double(steps))
        },
        row.rendering
      )
    }
    rows.sort { $0.nanoseconds > $1.nanoseconds }
    print("nanoseconds a step:")
    for row in rows {
      let digits = Int((row.nanoseconds * 10).rounded())
      print("\(digits / 10).\(digits % 10)\t\(row.rendering.construct.name)")
    }
  }
}

/// A template that repeats a construct until its steps are used up.
private struct Rendering {
  private let transformation: Transformation
  let construct: Construct

  init?(_ construct: Construct, steps: Int) {
    self.construct = construct
    let template =
      construct.setup + "{% for g in range(300) %}{% for i in range(300) %}{% for j in range(300) %}"
      + construct.statement + "{% endfor %}{% endfor %}{% endfor %}"
    var text = ""
    for scalar in template.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { text += "\\" }
      text.unicodeScalars.append(scalar)
    }
    let json = #"""
      {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-out", "value": "\#(text)"}]},
       "limits": {"steps": \#(steps)}, "secrets": {"group": {"key": "value"}}}
      """#
    let loaded = Configuration.load(json: Array(json.utf8))
    guard let transformation = loaded.configuration?.fallback else {
      print("not compiled: \(construct.name): \(loaded.diagnostics.first.map { "\($0)".prefix(300) } ?? "")")
      return nil
    }
    self.transformation = transformation
  }

  /// Until the budget ends; infinite when something else ended it.
  func nanoseconds(_ message: Message) -> Double {
    var mutations = Mutations()
    var exchange = Exchange(transformation)
    guard case .awaitBody = exchange.headers(.request, message, endOfStream: false, into: &mutations) else {
      print("no body: \(construct.name)")
      return .infinity
    }
    let start = processorTime()
    message.body.withUnsafeBytes {
      _ = exchange.body(.request, $0, isWhole: true, source: message, into: &mutations)
    }
    let time = processorTime() - start
    let failure = mutations.failures.last?.message ?? "no failure"
    guard failure.contains("limits.steps") || failure.contains("limits.outputBytes") else {
      print("ended otherwise: \(construct.name): \(failure.prefix(200))")
      return .infinity
    }
    return time
  }

  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
