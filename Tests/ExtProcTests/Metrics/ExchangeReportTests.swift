import Logging
import TestPeers
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

    func peer(
      transformation: String? = nil, header: String? = nil, attributes: [(String, EnvoyPeer.Attribute)] = [],
      observes: Bool = false
    ) -> EnvoyPeer {
      EnvoyPeer(
        sharing: service, transformation: transformation, header: header, attributes: attributes,
        observes: observes, metrics: loop)
    }

    var samples: Samples { Samples(service.metrics) }
  }

  @Test("time from message to answer is counted under its phase, and a failure with it once for each")
  func report() {
    let peer = Peer(.of(#"{"transformations": {"chat": {}}}"#), level: .debug)
    var report = ExchangeReport(peer.loop, isByConfiguration: false)
    report.beginMessage(at: 1_000)
    #expect(report.messageStart == 1_000)
    report.enter(.requestHeaders)
    report.choose(peer.service.configuration.transformations["chat"], in: peer.service.inForce)
    let failure = Failure(place: "request.set[0]", reason: .rendering, message: "m")
    report.fail([], in: peer.service, requestID: "never asked for")
    report.fail([failure, failure], in: peer.service, requestID: "r-1")
    report.endMessage(at: 1_900)
    report.beginMessage(at: 5_000)
    report.enter(.responseHeaders)
    report.skip(.response, .tooLong, in: peer.service)
    report.countReply()
    report.endMessage(at: 7_000)
    report.end(isReplied: true, in: peer.service, requestID: nil)
    #expect(peer.loop.times(of: .requestHeaders).sumNanoseconds == 900)
    #expect(peer.loop.times(of: .responseHeaders).sumNanoseconds == 2_000)
    #expect(peer.loop[.replies] == 1)
    #expect(peer.samples[exchangesOf: "chat"] == 1)
    #expect(peer.service.metrics.failures.all.map(\.count) == [1])
    #expect(peer.service.metrics.skipped.all.map(\.key.reason) == ["body_too_long"])
    #expect(peer.log.lines.map(\.level) == [.warning, .debug, .debug])
    #expect(peer.log.lines[0].metadata["more"] == "1")
    #expect(peer.log.lines[0].metadata["x-request-id"] == "r-1")
    #expect(
      peer.log.lines[2].metadata == [
        "last_phase": "response_headers", "microseconds": "2", "transformation": "chat", "replied": "true",
      ])
  }

  @Test("a transformation of the call's own is counted under the label that all such share")
  func reportByConfiguration() {
    let peer = Peer(.empty)
    var report = ExchangeReport(peer.loop, isByConfiguration: true)
    report.choose(nil, in: peer.service.inForce)
    report.fail([Failure(place: "stream", reason: .rendering, message: "")], in: peer.service, requestID: nil)
    report.end(isReplied: false, in: peer.service, requestID: nil)
    #expect(peer.samples[exchangesOf: TransformationLabels.fromHeader] == 1)
    #expect(peer.service.metrics.failures.all.map(\.key.transformation) == [TransformationLabels.fromHeader])
    #expect(peer.log.lines.count == 1, "a line for each exchange is not asked for")
  }

  @Test("exchanges and phases are counted")
  func counts() {
    let set = #"{"set": [{"name": "x-a", "value": "1"}]}"#
    let peer = Peer(.of(#"{"request": \#(set), "response": \#(set)}"#))
    for _ in 0..<3 {
      let exchange = peer.peer()
      exchange.sendHeaders()
      exchange.sendHeaders(.response, [(":status", "200")])
    }
    let samples = peer.samples
    #expect(samples[exchangesOf: "default"] == 3)
    #expect(samples[exchangesOf: TransformationLabels.none] == 0)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"request_headers\"}"] == 3)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"response_headers\"}"] == 3)
    #expect(samples["swiftformations_phase_duration_seconds_count{phase=\"request_body\"}"] == 0)
    #expect(samples["swiftformations_phase_duration_seconds_sum{phase=\"request_headers\"}"] ?? 0 > 0)
    #expect(peer.log.lines.isEmpty)
  }

  @Test("exchanges are counted by transformation, once each, however it is chosen")
  func countsByTransformation() {
    let peer = Peer(
      .of(#"{"transformations": {"default": {}, "chat": {}, "idle": {}}, "routes": {"r": "chat"}}"#))
    peer.peer().sendHeaders()
    for _ in 0..<2 { peer.peer(transformation: "chat").sendHeaders() }
    peer.peer(attributes: [("xds.route_name", .text("r"))]).sendHeaders()
    peer.peer(transformation: "missing").sendHeaders()
    peer.peer(header: "{\"request\": {}}").sendHeaders()
    peer.peer(header: "not JSON").sendHeaders()
    peer.peer(transformation: "chat", header: "not JSON").sendHeaders()
    let samples = peer.samples
    #expect(samples[exchangesOf: "default"] == 1)
    #expect(samples[exchangesOf: "chat"] == 4)
    #expect(samples[exchangesOf: "idle"] == 0)
    #expect(samples[exchangesOf: TransformationLabels.none] == 1)
    #expect(samples[exchangesOf: TransformationLabels.fromHeader] == 2)
    #expect(samples[exchangesOf: TransformationLabels.others] == nil)
    #expect(samples.faults == [])
  }

  @Test("a stream that only observes has no transformation")
  func observing() {
    let peer = Peer(.of(#"{"request": {}}"#))
    peer.peer(observes: true).sendHeaders()
    #expect(peer.samples[exchangesOf: TransformationLabels.none] == 1)
    #expect(peer.samples[exchangesOf: "default"] == 0)
  }

  @Test("counters go on through reloads: of names that stay, that go and that come back")
  func reloads() {
    let peer = Peer(.of(#"{"transformations": {"a": {}, "b": {}}}"#))
    peer.peer(transformation: "a").sendHeaders()
    peer.peer(transformation: "b").sendHeaders()
    peer.service.configuration = .of(#"{"transformations": {"c": {}, "b": {}}}"#)
    peer.peer(transformation: "b").sendHeaders()
    peer.peer(transformation: "c").sendHeaders()
    #expect(["a", "b", "c"].map { peer.samples[exchangesOf: $0] } == [1, 2, 1])
    peer.service.configuration = .of(#"{"transformations": {"b": {}, "a": {}}}"#)
    peer.peer(transformation: "a").sendHeaders()
    #expect(["a", "b", "c"].map { peer.samples[exchangesOf: $0] } == [2, 2, 1])
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

  @Test("what failed with the headers is not told again where something else ends the exchange later")
  func failedBefore() {
    let peer = Peer(
      .of(
        """
        {"response": {"body": {"value": "new"}, "failurePolicy": {"header": "Keep"},
          "set": [{"name": "x-a", "value": "{{ 'a' - 1 }}"}]}}
        """), level: .debug)
    let exchange = EnvoyPeer(sharing: peer.service, modes: .init(.none, .bufferedPartial))
    exchange.sendHeaders()
    exchange.sendHeaders(.response, [(":status", "200")])
    exchange.sendBody(.response, "old", endOfStream: false)
    let told = peer.log.lines.map(\.metadata).filter { $0["reason"] != nil }
    #expect(told.map { $0["reason"] } == ["rendering_failed", "body_incomplete"])
    #expect(told.map { $0["more"] } == [nil, nil])
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
    // Besides, Envoy has sent the response's headers, which it was asked to leave out.
    #expect(peer.log.lines.map(\.level) == [.warning, .debug])
    let line = peer.log.lines.last
    #expect(line?.metadata["x-request-id"] == "r-2")
    #expect(line?.metadata["last_phase"] == "response_headers")
    #expect(line?.metadata["microseconds"] != nil)
  }
}
