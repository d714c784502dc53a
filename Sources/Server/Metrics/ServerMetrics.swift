package import ExtProc
internal import Synchronization

/// What a server counts of its connections and streams: one set of counters for each event loop, added up when somebody
/// asks.
package final class ServerMetrics: Sendable {
  let refusedStreams = ReasonCounts()
  private let loops = Mutex<[ConnectionCounters]>([])
  private let refused = Atomic<UInt64>(0)
  private let failedAccepts = Atomic<UInt64>(0)
  private let failedHandshakes = Atomic<UInt64>(0)

  /// The counters of one more event loop.
  func addLoop() -> ConnectionCounters {
    let loop = ConnectionCounters()
    loops.withLock { $0.append(loop) }
    return loop
  }

  func countFailedAccept() { failedAccepts.add(1, ordering: .relaxed) }

  func countRefusedConnection() { refused.add(1, ordering: .relaxed) }

  func countFailedHandshake() { failedHandshakes.add(1, ordering: .relaxed) }

  package func write(to exposition: inout Exposition) {
    let loops = loops.withLock { $0 }
    writeConnections(loops, to: &exposition)
    writeStreams(loops, to: &exposition)
  }

  private func writeConnections(_ loops: [ConnectionCounters], to exposition: inout Exposition) {
    func sum(_ counter: ConnectionCounters.Counter) -> UInt64 { loops.reduce(0) { $0 &+ $1[counter] } }
    // Read in this order, so that the difference is never negative.
    let closed = sum(.connectionsClosed)
    let opened = sum(.connectionsOpened)
    exposition.single("swiftformations_connections_total", .counter, opened, "Connections accepted.")
    exposition.single(
      "swiftformations_connections_open", .gauge, opened &- min(closed, opened), "Connections open now.")
    exposition.single(
      "swiftformations_connections_refused_total", .counter, refused.load(ordering: .relaxed),
      "Connections closed at once because there were too many, or no memory for one more (--buffer-mib-max).")
    exposition.single(
      "swiftformations_connections_stalled_total", .counter, sum(.connectionsStalled),
      "Connections ended because the peer took no answers.")
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

  private func writeStreams(_ loops: [ConnectionCounters], to exposition: inout Exposition) {
    func sum(_ counter: ConnectionCounters.Counter) -> UInt64 { loops.reduce(0) { $0 &+ $1[counter] } }
    let ends: [(String, ConnectionCounters.Counter)] = [
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
  }
}
