import Logging
import Testing

@testable import ExtProc
@testable import Transformation

/// What an exchange leaves in the metrics and in the log.
@Suite struct ExchangeReportTests {
  private static let failing = """
    {"transformations": {"chat": {
      "request": {"set": [{"name": "x-a", "value": "{{ header('none').a.b }}"}]},
      "response": {"set": [{"name": "x-b", "value": "{{ header('none').a.b }}"}]}}}}
    """

  private final class Peer {
    let log = CapturedLog()
    let service: ProcessService
    let loop: LoopMetrics

    init(_ configuration: Configuration, level: Logger.Level = .info) {
      let log = log
      let metrics = Metrics()
      loop = metrics.addLoop()
      var logger = Logger(label: "test") { _ in log.handler }
      logger.logLevel = level
      service = ProcessService(configuration: configuration, metrics: metrics, logger: logger)
    }

    func peer(transformation: String? = nil, header: String? = nil) -> EnvoyPeer {
      EnvoyPeer(sharing: service, transformation: transformation, header: header, metrics: loop)
    }

    var samples: Samples { Samples(service.metrics) }
  }

  @Test("exchanges and phases are counted")
  func counts() {
    let peer = Peer(.of(#"{"request": {"set": [{"name": "x-a", "value": "1"}]}}"#))
    for _ in 0..<3 {
      let exchange = peer.peer()
      exchange.sendHeaders()
      exchange.sendHeaders(.response, [(":status", "200")])
    }
    let samples = peer.samples
    #expect(samples["swiftformations_exchanges_total"] == 3)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"request_headers\"}"] == 3)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"response_headers\"}"] == 3)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"request_body\"}"] == 0)
    #expect(samples["swiftformations_phase_duration_seconds_sum{phase=\"request_headers\"}"] ?? 0 > 0)
    #expect(peer.log.lines.isEmpty)
  }

  @Test(
    "a failed exchange is one line with transformation, phase, reason and request id; each phase is counted")
  func failures() {
    let peer = Peer(.of(Self.failing))
    let exchange = peer.peer(transformation: "chat")
    exchange.sendHeaders(.request, [("x-request-id", "r-1")])
    exchange.sendHeaders(.response, [(":status", "200")])
    #expect(peer.log.lines.count == 1)
    let line = peer.log.lines.first?.metadata
    #expect(line?["transformation"] == "chat")
    #expect(line?["phase"] == "request_headers")
    #expect(line?["reason"] == "rendering_failed")
    #expect(line?["x-request-id"] == "r-1")
    #expect(
      peer.samples["swiftformations_failures_total{reason=\"rendering_failed\",transformation=\"chat\"}"] == 2
    )
  }

  @Test("a reply is counted, and its line names the transformation")
  func reply() {
    let peer = Peer(.of(#"{"request": {"body": {"parseAs": "AsJson", "value": "{{ a }}"}}}"#))
    peer.peer().sendHeaders()
    #expect(peer.samples["swiftformations_replies_total"] == 1)
    #expect(peer.log.lines.first?.metadata["transformation"] == "default")
  }

  @Test("transformations that come in a header share a label, whatever they say")
  func headerLabel() {
    let peer = Peer(.empty)
    for number in 0..<5 {
      peer.peer(
        header: #"{"request": {"set": [{"name": "x-\#(number)", "value": "{{ header('none').a.b }}"}]}}"#
      ).sendHeaders()
      peer.peer(header: "{\"request\": \(number)}").sendHeaders()
    }
    let label = "transformation=\"from x-swiftformations-config\""
    #expect(peer.samples["swiftformations_failures_total{reason=\"grpc_status_3\",\(label)}"] == 5)
    #expect(peer.service.metrics.failures.all.count == 2)
  }

  @Test("a hundred failures in a second are ten lines and one that tells of the others")
  func limit() {
    let peer = Peer(.of(Self.failing))
    for _ in 0..<100 { peer.peer(transformation: "chat").sendHeaders() }
    // A second may end in the middle of it, not two.
    #expect((10...20).contains(peer.log.lines.count))
    let logged = peer.log.lines.count
    peer.service.logLeftOut()
    #expect(peer.log.lines.count == logged + 1)
    #expect(peer.log.lines.last?.metadata["lines_left_out"] == "\(100 - logged)")
    #expect(peer.log.lines.last?.metadata["reason"] == "rendering_failed")
    peer.service.logLeftOut()
    #expect(peer.log.lines.count == logged + 1)
  }

  @Test("at level debug each exchange is a line")
  func debug() {
    let peer = Peer(.of(Self.failing), level: .debug)
    let exchange = peer.peer()
    exchange.sendHeaders(.request, [("x-request-id", "r-2")])
    exchange.sendHeaders(.response, [(":status", "200")])
    exchange.end()
    #expect(peer.log.lines.count == 1)
    let line = peer.log.lines.first
    #expect(line?.level == .debug)
    #expect(line?.metadata["x-request-id"] == "r-2")
    #expect(line?.metadata["last_phase"] == "response_headers")
    #expect(line?.metadata["microseconds"] != nil)
  }
}
