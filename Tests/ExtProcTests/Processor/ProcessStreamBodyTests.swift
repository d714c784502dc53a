import Logging
import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("ProcessStream, bodies")
struct ProcessStreamBodyTests {
  private static let model = Configuration.of(
    """
    {"request": {"set": [{"name": "x-model", "value": "{{ model }}"}, {"name": "x-id", "value": "{{ header('id') }}"}],
      "body": {"parseAs": "AsJson", "value": "{% if model == 'none' %}{% else %}<{{ model }}>{% endif %}"}}}
    """)
  private static let responseModel = Configuration.of(
    #"{"response": {"body": {"parseAs": "AsJson", "value": "<{{ model }}>"}}}"#)
  private static let constantBody = Configuration.of(
    #"{"request": {"body": {"parseAs": "AsString", "value": "constant"}}}"#)

  @Test(
    "headers wait for the body, and the body's answer changes both",
    arguments: [BodyMode.buffered, .bufferedPartial])
  func collected(_ mode: BodyMode) {
    let peer = EnvoyPeer(Self.model, modes: .init(mode))
    var expected = Answer(.headers(.request))
    expected.mode = .init(
      responseHeaders: .skip, requestBody: mode, responseBody: BodyMode.none, requestTrailers: true)
    #expect(peer.sendHeaders(.request, [("id", "7"), ("content-length", "13")]).answer == expected)

    expected = Answer(.body(.request))
    expected.body = .replaced("<gpt>")
    expected.set = [.init("x-model", "gpt"), .init("x-id", "7"), .init("content-length", "5")]
    #expect(peer.sendBody(.request, #"{"model":"gpt"}"#).answer == expected)
  }

  @Test("a body in BUFFERED mode is whole though trailers follow")
  func trailersFollow() {
    let peer = EnvoyPeer(Self.model)
    peer.sendHeaders()
    let answer = peer.sendBody(.request, #"{"model":"gpt"}"#, endOfStream: false).answer
    #expect(answer?.body == .replaced("<gpt>"))
    #expect(peer.sendTrailers().answer == Answer(.trailers(.request)))
  }

  @Test("a body that becomes empty is cleared, and its length said")
  func emptied() {
    let peer = EnvoyPeer(Self.model)
    peer.sendHeaders()
    let answer = peer.sendBody(.request, #"{"model":"none"}"#).answer
    #expect(answer?.body == .cleared)
    #expect(answer?.set.last == .init("content-length", "0"))
  }

  @Test("a body that is only read stays, and no length is said")
  func readOnly() {
    let peer = EnvoyPeer(
      .of(#"{"request": {"set": [{"name": "m", "value": "{{ model }}"}], "body": {"parseAs": "AsJson"}}}"#))
    peer.sendHeaders()
    let answer = peer.sendBody(.request, #"{"model":"gpt"}"#).answer
    #expect(answer?.body == nil)
    #expect(answer?.set == [.init("m", "gpt")])
  }

  @Test("the response's body is transformed with its headers")
  func response() {
    let peer = EnvoyPeer(Self.responseModel)
    var expected = Answer(.headers(.request))
    expected.mode = .init(requestBody: BodyMode.none, responseBody: .buffered, responseTrailers: true)
    #expect(peer.sendHeaders().answer == expected)
    #expect(peer.sendHeaders(.response, [(":status", "200")]).answer == Answer(.headers(.response)))
    let answer = peer.sendBody(.response, #"{"model":"gpt"}"#).answer
    #expect(answer?.kind == .body(.response))
    #expect(answer?.body == .replaced("<gpt>"))
    #expect(answer?.set == [.init("content-length", "5")])
  }

  @Test("the memory that held headers for their body serves the other direction too")
  func bothDirections() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"set": [{"name": "h", "value": "{{ header('a') }}{{ body() }}"}]},
         "response": {"set": [{"name": "h", "value": "{{ header('b') }}{{ request_header('a') }}{{ body() }}"}]}}
        """))
    peer.sendHeaders(.request, [("a", "1")])
    #expect(peer.sendBody(.request, "x").answer?.set == [.init("h", "1x")])
    peer.sendHeaders(.response, [("b", "2")])
    #expect(peer.sendBody(.response, "y").answer?.set == [.init("h", "21y")])
  }

  @Test("a body that no template reads is replaced with its headers", arguments: [true, false])
  func replacedWithHeaders(_ endOfStream: Bool) {
    let peer = EnvoyPeer(Self.constantBody, modes: .init(.none))
    let answer = peer.sendHeaders(endOfStream: endOfStream).answer
    #expect(answer?.replaces == true)
    #expect(answer?.body == .replaced("constant"))
    #expect(answer?.set == [.init("content-length", "8")], "Envoy takes it away, agentgateway does not")
    // From Envoy nothing more comes.
    var dropped = Answer(.body(.request))
    dropped.body = .cleared
    dropped.removed = ["content-length"]
    for _ in 0..<2 { #expect(peer.sendBody(.request, "late").answer == dropped) }
    #expect(peer.sendTrailers().answer == Answer(.trailers(.request)))
    #expect(peer.sendTrailers().status?.code == .invalidArgument)
  }

  @Test("a body that is not JSON is refused: status, JSON, details that name transformation and reason")
  func notJSON() {
    let peer = EnvoyPeer(Self.model)
    peer.sendHeaders(.request, [("x-request-id", "r-1")])
    let answer = peer.sendBody(.request, "no JSON").answer
    #expect(answer?.kind == .reply)
    #expect(answer?.reply?.status == 400)
    #expect(answer?.reply?.body.hasPrefix(#"{"error":{"code":400,"#) == true)
    #expect(answer?.reply?.details == "swiftformations{transformation=default,reason=body_not_json}")
    #expect(answer?.set == [.init("content-type", "application/json"), .init("x-request-id", "r-1")])
    #expect(peer.sendTrailers() == EnvoyPeer.Outcome(), "Envoy is done with the stream")
    #expect(peer.log.lines.count == 1)
    #expect(peer.log.lines.first?.level == .warning)
    #expect(peer.log.lines.first?.metadata["reason"] == "body_not_json")
    #expect(peer.log.lines.first?.metadata["transformation"] == "default")
    #expect(peer.log.lines.first?.metadata["x-request-id"] == "r-1")
  }

  @Test("a part of a body is not taken for the whole")
  func partial() {
    let peer = EnvoyPeer(Self.model, modes: .init(.bufferedPartial))
    peer.sendHeaders()
    let answer = peer.sendBody(.request, #"{"model":"gpt"}"#, endOfStream: false).answer
    #expect(answer?.reply?.status == 413)
    #expect(answer?.reply?.details.contains("body_incomplete") == true)
  }

  @Test("a part of a body is never replaced, since the rest would follow")
  func partialReplaced() {
    let peer = EnvoyPeer(
      .of(
        #"{"request": {"body": {"parseAs": "AsJson", "value": "new"}, "failurePolicy": {"parse": "Continue"}}}"#
      ),
      modes: .init(.bufferedPartial))
    peer.sendHeaders()
    let answer = peer.sendBody(.request, "{", endOfStream: false).answer
    #expect(answer?.kind == .body(.request))
    #expect(answer?.body == nil)
  }

  @Test(
    "a body that is needed and not sent whole is an answer that says which mode is missing",
    arguments: [BodyMode.none, .streamed, .fullDuplexStreamed])
  func modeMissing(_ mode: BodyMode) {
    let request = EnvoyPeer(Self.model, modes: .init(mode))
    let answer = request.sendHeaders().answer
    #expect(answer?.reply?.status == 500)
    #expect(answer?.reply?.details.contains("reason=needs_request_body_mode_BUFFERED") == true)
    #expect(answer?.reply?.body.contains(mode.rawValue) == true)
    #expect(request.log.lines.count == 2, "the failure, and what of the filter does not fit")

    let response = EnvoyPeer(Self.responseModel, modes: .init(.none, mode))
    response.sendHeaders()
    let late = response.sendHeaders(.response).answer
    #expect(late?.reply?.details.contains("reason=needs_response_body_mode_BUFFERED") == true)
  }

  @Test("where Envoy follows overrides, the body is asked for", arguments: [BodyMode.none, .streamed])
  func modeAskedFor(_ mode: BodyMode) {
    let peer = EnvoyPeer(Self.model, modes: .init(mode), allowModeOverride: true)
    #expect(peer.sendHeaders().answer?.mode?.requestBody == .buffered)
    #expect(peer.sendBody(.request, #"{"model":"gpt"}"#).answer?.body == .replaced("<gpt>"))
  }

  @Test("a body that was asked for and never came is an error, not a request that was left as it is")
  func bodyNeverCame() {
    let next = EnvoyPeer(Self.model, modes: .init(.none), allowModeOverride: true)
    next.sendHeaders()
    #expect(next.sendHeaders(.response).answer?.reply?.details.contains("request_body_not_sent") == true)

    let asked = EnvoyPeer(Self.model, modes: .init(.none), allowModeOverride: true)
    asked.sendHeaders()
    #expect(asked.sendHeaders(.response, [(":status", "200")]).answer?.kind == .reply)
  }

  @Test("trailers in place of a body are an empty body, and an error where a new body cannot be told")
  func trailersInPlaceOfBody() {
    let fields = EnvoyPeer(Self.model)
    fields.sendHeaders()
    #expect(fields.sendTrailers().answer?.kind == .trailers(.request), "no fields, no new body")
    let text = EnvoyPeer(.of(#"{"request": {"body": {"value": "{{ body() }}!"}}}"#))
    text.sendHeaders()
    #expect(text.sendTrailers().answer?.reply?.details.contains("request_body_not_sent") == true)
    let unchanged = EnvoyPeer(.of(#"{"request": {"body": {"parseAs": "AsJson"}}}"#))
    unchanged.sendHeaders()
    #expect(unchanged.sendTrailers().answer?.kind == .trailers(.request))
  }

  @Test("a client's own header does not get past a rule by trailers in place of a body")
  func trailersInPlaceOfBodyBesideHeader() {
    let configuration = Configuration.of(
      #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}}"#)
    let request = [(":method", "POST"), (":path", "/"), ("x-model", "mine")]
    let spoofing = EnvoyPeer(configuration)
    spoofing.sendHeaders(.request, request)
    #expect(spoofing.sendTrailers().answer?.reply?.details.contains("request_body_not_sent") == true)
    let plain = EnvoyPeer(configuration)
    plain.sendHeaders(.request, Array(request.dropLast()))
    #expect(plain.sendTrailers().answer?.kind == .trailers(.request))
  }

  @Test("where Envoy would choose the route too late, the request is refused")
  func routeChosenTooLate() {
    let json =
      #"{"request": {"clearRouteCache": true, "body": {"parseAs": "AsJson"}, "set": [{"name": "x-m", "value": "{{ m }}"}]}}"#
    let partial = EnvoyPeer(.of(json), modes: .init(.bufferedPartial))
    #expect(partial.sendHeaders().answer?.reply?.details.contains("needs_request_body_mode_BUFFERED") == true)
    let whole = EnvoyPeer(.of(json), modes: .init(.buffered))
    #expect(whole.sendHeaders().answer?.kind == .headers(.request))
  }

  @Test("a request that was not sent whole is refused as its client reads it, though the upstream answered")
  func bodyNeverCameShape() {
    let peer = EnvoyPeer(Self.model, modes: .init(.none), allowModeOverride: true)
    peer.sendHeaders(.request, [(":method", "POST"), (":path", "/v1/messages")])
    let reply = peer.sendHeaders(.response, [(":status", "200")]).answer?.reply
    #expect(reply?.body.hasPrefix(#"{"type":"error""#) == true)
  }

  /// Reads the response's body into a header and into metadata.
  private static let reading = Configuration.of(
    """
    {"response": {"set": [{"name": "x-a", "value": "[{{ body() }}]"}],
      "dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": "[{{ body() }}]"}}]}}
    """)

  @Test("trailers in place of a body that is only read pass, with the metadata, and are counted")
  func trailersInPlaceOfReadBody() {
    let metrics = Metrics()
    let service = ProcessService(
      configuration: Self.reading, metrics: metrics,
      logger: Logger(label: "test") { _ in CapturedLog().handler })
    for (status, passes) in [("0", true), ("7", true)] {
      let peer = EnvoyPeer(sharing: service, modes: .init(.none, .buffered))
      peer.sendHeaders()
      peer.sendHeaders(.response, [(":status", "200"), ("content-type", "application/grpc")])
      let answer = peer.sendTrailers(.response, [("grpc-status", status)]).answer
      #expect((answer?.kind == .trailers(.response)) == passes)
      #expect(answer?.metadata == ["n": ["k": "[]"]])
    }
    let samples = Samples(metrics)
    #expect(
      samples["swiftformations_skipped_total{reason=\"trailers_instead_of_body\",transformation=\"default\"}"]
        == 2)
    #expect(metrics.failures.all.isEmpty)
  }

  @Test(
    "a response that is rewritten is refused where trailers come in its place, unless the call has failed")
  func trailersInPlaceOfRewrittenBody() {
    for (status, reason) in [("0", "response_body_not_sent"), ("7", nil), ("16", nil)] as [(String, String?)]
    {
      let peer = EnvoyPeer(Self.rewriting, modes: .init(.none, .buffered))
      peer.sendHeaders()
      peer.sendHeaders(.response, [(":status", "200")])
      let answer = peer.sendTrailers(.response, [("x", "1"), ("grpc-status", status)]).answer
      if let reason {
        #expect(answer?.reply?.details.contains(reason) == true)
      } else {
        #expect(answer == Answer(.trailers(.response)))
      }
    }
    let other = EnvoyPeer(Self.rewriting, modes: .init(.none, .buffered))
    other.sendHeaders()
    other.sendHeaders(.response, [(":status", "200")])
    #expect(other.sendTrailers(.response, [("x-checksum", "1")]).answer?.kind == .reply)
  }

  private static let rewriting = Configuration.of(#"{"response": {"body": {"value": "{{ body() }}!"}}}"#)

  @Test("Envoy's own answer to a body that it cannot buffer passes")
  func localReplyInPlaceOfBody() {
    let peer = EnvoyPeer(Self.model, modes: .init(.buffered))
    peer.sendHeaders()
    let answer = peer.sendHeaders(.response, [(":status", "413")]).answer
    #expect(answer?.kind == .headers(.response))
    #expect(answer?.set == [] && answer?.reply == nil)
    #expect(peer.sendBody(.response, "too large").answer?.kind == .body(.response))
  }

  @Test("trailers keep a new body from telling its length, unless the old one told it")
  func trailersOfChunked() {
    let chunked = EnvoyPeer(Self.model, modes: .init(.buffered))
    chunked.sendHeaders()
    let answer = chunked.sendBody(.request, #"{"model":"gpt"}"#, endOfStream: false).answer
    #expect(answer?.body == .replaced("<gpt>"))
    #expect(answer?.set.contains { $0.name == "content-length" } == false)
    let told = EnvoyPeer(Self.model, modes: .init(.buffered))
    told.sendHeaders(.request, [("content-length", "15")])
    #expect(
      told.sendBody(.request, #"{"model":"gpt"}"#, endOfStream: false).answer?.set.last
        == .init("content-length", "5"))
  }

  @Test("a body whose headers Envoy skips is an error where the transformation needs them")
  func headersSkipped() {
    let peer = EnvoyPeer(Self.model)
    let answer = peer.sendBody(.request, #"{"model":"gpt"}"#).answer
    #expect(answer?.reply?.details.contains("needs_request_header_mode_SEND") == true)
    let responseOnly = Configuration.of(#"{"response": {"set": [{"name": "a", "value": "1"}]}}"#)
    #expect(EnvoyPeer(responseOnly).sendBody(.request, "x").answer == Answer(.body(.request)))
  }

  @Test("without protocol_config, modes are taken for what the transformation needs")
  func undeclared() {
    let peer = EnvoyPeer(Self.model, modes: nil)
    #expect(peer.sendHeaders().answer == Answer(.headers(.request)))
    #expect(peer.sendBody(.request, #"{"model":"gpt"}"#).answer?.body == .replaced("<gpt>"))
  }

  @Test("a large body goes in and out, and its memory is given back")
  func large() {
    let peer = EnvoyPeer(.of(#"{"request": {"body": {"parseAs": "AsString", "value": "{{ body() }}!"}}}"#))
    let body = String(repeating: "x", count: 4 << 20)
    peer.sendHeaders()
    let answer = peer.sendBody(.request, body).answer
    #expect(answer?.body == .replaced(body + "!"))
    #expect(answer?.set == [.init("content-length", String(body.utf8.count + 1))])
  }
}
