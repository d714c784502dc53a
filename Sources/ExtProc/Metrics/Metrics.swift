internal import Synchronization

/// What is counted of exchanges: one set of counters for each event loop, added up when somebody asks.
package final class Metrics: Sendable {
  let transformations = TransformationLabels()
  let failures = FailureCounts()
  /// Bodies that were left unread, by reason and transformation.
  let skipped = FailureCounts()
  private let loops = Mutex<[LoopMetrics]>([])

  package init() {}

  /// The counters of one more event loop.
  package func addLoop() -> LoopMetrics {
    let loop = LoopMetrics()
    loops.withLock { $0.append(loop) }
    return loop
  }

  package func write(to exposition: inout Exposition) {
    let loops = loops.withLock { $0 }
    writeReplies(loops, to: &exposition)
    writeExchanges(loops, to: &exposition)
    writePhases(loops, to: &exposition)
    write(
      failures, as: "swiftformations_failures_total", "Phases that failed, by reason and transformation.",
      to: &exposition)
    write(
      skipped, as: "swiftformations_skipped_total",
      "Bodies that a transformation reads and that were left unread, by reason and transformation; the exchange went on.",
      to: &exposition)
  }

  private func write(
    _ counts: FailureCounts, as name: String, _ help: String, to exposition: inout Exposition
  ) {
    exposition.family(name, .counter, help)
    for (key, count) in counts.all {
      exposition.sample(name, ["reason": key.reason, "transformation": key.transformation], count)
    }
  }

  private func writeReplies(_ loops: [LoopMetrics], to exposition: inout Exposition) {
    exposition.single(
      "swiftformations_replies_total", .counter, loops.reduce(0) { $0 &+ $1[.replies] },
      "Exchanges answered here, in place of the upstream.")
  }

  private func writeExchanges(_ loops: [LoopMetrics], to exposition: inout Exposition) {
    let name = "swiftformations_exchanges_total"
    exposition.family(
      name, .counter,
      "HTTP exchanges that Envoy asked about, by transformation (all of x-swiftformations-config are one).")
    for (number, label) in transformations.all.enumerated() {
      let count = loops.reduce(0) { $0 &+ $1.exchanges(number) }
      exposition.sample(name, ["transformation": label], count)
    }
  }

  private func writePhases(_ loops: [LoopMetrics], to exposition: inout Exposition) {
    let name = "swiftformations_phase_duration_seconds"
    exposition.family(
      name, .histogram,
      "From a whole message of Envoy's to its answer, Envoy's and the socket's time left out.")
    for phase in Phase.allCases {
      let times = loops.reduce(PhaseTimes(cells: [UInt64](repeating: 0, count: PhaseTimes.cellCount))) {
        $0 + $1.times(of: phase)
      }
      var total: UInt64 = 0
      for (bound, count) in zip(PhaseTimes.boundsMicroseconds, times.counts) {
        total &+= count
        exposition.sample(
          name + "_bucket", ["phase": phase.label, "le": "\(Double(bound) / 1e6)"], total)
      }
      total &+= times.counts.last ?? 0
      exposition.sample(name + "_bucket", ["phase": phase.label, "le": "+Inf"], total)
      exposition.sample(name + "_sum", ["phase": phase.label], Double(times.sumNanoseconds) / 1e9)
      exposition.sample(name + "_count", ["phase": phase.label], total)
    }
  }
}
