import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Server

@Suite struct ServerMetricsTests {
  @Test("the counters of all loops are added up")
  func sums() {
    let metrics = ServerMetrics()
    for loop in [metrics.addLoop(), metrics.addLoop()] {
      loop.add(.bytesReceived, 1_000)
      let before = CallCounts(started: 1, succeeded: 1)
      loop.add(before, since: CallCounts())
      loop.add(CallCounts(started: 4, succeeded: 1, failed: 1), since: before)
    }
    metrics.refusedStreams.add("http_415")
    let samples = Samples(metrics)
    #expect(samples["swiftformations_received_bytes_total"] == 2_000)
    #expect(samples["swiftformations_streams_started_total"] == 8)
    #expect(samples["swiftformations_streams_open"] == 4)
    #expect(samples["swiftformations_streams_ended_total{end=\"failed\"}"] == 2)
    #expect(samples["swiftformations_streams_refused_total{reason=\"http_415\"}"] == 1)
  }

  @Test("with the process's own, each sample has a family with a type, and no name comes twice")
  func form() {
    let metrics = ServerMetrics()
    _ = metrics.addLoop()
    var exposition = Exposition()
    metrics.write(to: &exposition)
    Metrics().write(to: &exposition)
    ProcessStatistics.write(to: &exposition)
    let samples = Samples(exposition.text)
    #expect(samples.faults == [])
    for name in [
      "process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total",
      "process_start_time_seconds",
      "process_max_fds",
    ] {
      #expect(samples[name] ?? 0 > 0, "\(name)")
    }
  }
}

extension Samples {
  init(_ metrics: ServerMetrics) {
    var exposition = Exposition()
    metrics.write(to: &exposition)
    self.init(exposition.text)
  }
}
