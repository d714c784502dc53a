internal import Synchronization

/// What a server counts: one set of counters for each event loop, added up when somebody asks.
package final class Metrics: Sendable {
  let transformations = TransformationLabels()
  let failures = FailureCounts()
  /// Bodies that were left unread, by reason and transformation.
  let skipped = FailureCounts()
  package let refusedStreams = ReasonCounts()
  private let loops = Mutex<[LoopMetrics]>([])
  private let refused = Atomic<UInt64>(0)
  private let failedAccepts = Atomic<UInt64>(0)
  private let failedHandshakes = Atomic<UInt64>(0)

  package init() {}

  /// The counters of one more event loop.
  package func addLoop() -> LoopMetrics {
    let loop = LoopMetrics()
    loops.withLock { $0.append(loop) }
    return loop
  }

  package func countFailedAccept() { failedAccepts.add(1, ordering: .relaxed) }

  package func countRefusedConnection() { refused.add(1, ordering: .relaxed) }

  package func countFailedHandshake() { failedHandshakes.add(1, ordering: .relaxed) }

  package func write(to exposition: inout Exposition) {
    let loops = loops.withLock { $0 }
    writeConnections(loops, to: &exposition)
    writeStreams(loops, to: &exposition)
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

  private func writeConnections(_ loops: [LoopMetrics], to exposition: inout Exposition) {
    func sum(_ counter: LoopMetrics.Counter) -> UInt64 { loops.reduce(0) { $0 &+ $1[counter] } }
    // Read in this order, so that the difference is never negative.
    let closed = sum(.connectionsClosed)
    let opened = sum(.connectionsOpened)
    exposition.single("swiftformations_connections_total", .counter, opened, "Connections accepted.")
    exposition.single(
      "swiftformations_connections_open", .gauge, opened &- min(closed, opened), "Connections open now.")
    exposition.single(
      "swiftformations_connections_refused_total", .counter, refused.load(ordering: .relaxed),
      "Connections closed at once because there were too many.")
    exposition.single(
      "swiftformations_accepts_failed_total", .counter, failedAccepts.load(ordering: .relaxed),
      "Connections that could not be accepted at once, as when there is no file descriptor left.")
    exposition.single(
      "swiftformations_tls_handshakes_failed_total", .counter, failedHandshakes.load(ordering: .relaxed),
      "TLS handshakes that did not end well: clients that were not trusted, or did not speak TLS or HTTP/2.")
    exposition.single(
      "swiftformations_received_bytes_total", .counter, sum(.bytesReceived), "Bytes read from connections.")
    exposition.single(
      "swiftformations_sent_bytes_total", .counter, sum(.bytesSent), "Bytes written to connections.")
  }

  private func writeStreams(_ loops: [LoopMetrics], to exposition: inout Exposition) {
    func sum(_ counter: LoopMetrics.Counter) -> UInt64 { loops.reduce(0) { $0 &+ $1[counter] } }
    let ends: [(String, LoopMetrics.Counter)] = [
      ("succeeded", .streamsSucceeded), ("failed", .streamsFailed), ("cancelled", .streamsCancelled),
    ]
    let counts = ends.map { (name: $0.0, count: sum($0.1)) }
    let started = sum(.streamsStarted)
    let ended = counts.reduce(0) { $0 &+ $1.count }
    exposition.single(
      "swiftformations_streams_started_total", .counter, started, "gRPC calls begun, health checks included.")
    exposition.family(
      "swiftformations_streams_ended_total", .counter,
      "gRPC calls ended: with status 0, with another, or by the client. Envoy cancels each exchange's when it is done."
    )
    for (name, count) in counts {
      exposition.sample("swiftformations_streams_ended_total", ["end": name], count)
    }
    let name = "swiftformations_streams_refused_total"
    exposition.family(
      name, .counter, "Streams refused, or reset by this side, by reason: the exchange gets a 500 from Envoy."
    )
    for (reason, count) in refusedStreams.all { exposition.sample(name, ["reason": reason], count) }
    exposition.single(
      "swiftformations_streams_open", .gauge, started &- min(ended, started), "gRPC calls open now.")
    exposition.single(
      "swiftformations_replies_total", .counter, sum(.replies),
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
