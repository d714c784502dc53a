import CExtProc
import TestPeers
import Testing

@testable import ExtProc
@testable import Transformation

@Suite("agentgateway as the client")
struct AgentgatewayTests {
  private static let headers = Configuration.of(
    """
    {"request": {"set": [{"name": "x-path", "value": "{{ header(':path') }}"}]},
     "response": {"set": [{"name": "x-status", "value": "{{ header(':status') }}"}]}}
    """)
  private static let body = Configuration.of(
    """
    {"request": {"set": [{"name": "x-model", "value": "{{ model }}"}],
      "body": {"parseAs": "AsJson", "value": "<{{ model }}>"}},
     "response": {"body": {"value": "{{ body() }}!"}}}
    """)
  private static let constant = Configuration.of(
    #"{"request": {"body": {"value": "constant"}}, "response": {"body": {"value": "constant"}}}"#)

  private static func request(_ further: [(String, String)] = []) -> [(String, String)] {
    [(":method", "POST"), (":path", "/p"), ("accept", "*/*")] + further
  }

  private static func passed(
    _ headers: [String: String] = [:], _ body: String, path: Bool = true
  ) -> AgentgatewayPeer.Outcome {
    let pseudo = path ? [":method": "POST", ":path": "/p", "accept": "*/*"] : [":status": "200"]
    return .passed(headers: pseudo.merging(headers) { $1 }, body: body)
  }

  @Test("up to 1.2.1 nothing is declared, and pieces are wanted: `--undeclared-body-mode` gives them")
  func undeclared() {
    let told = AgentgatewayPeer(
      Self.headers, declares: false, undeclaredBodyMode: .fullDuplexStreamed)
    #expect(
      told.exchange(.request, Self.request(), body: ["one", "two"])
        == Self.passed(["x-path": "/p"], "onetwo"))
    #expect(
      told.exchange(.response, [(":status", "200")], body: ["three"])
        == Self.passed(["x-status": "200"], "three", path: false))
    #expect(told.peer.log.lines.isEmpty)

    let untold = AgentgatewayPeer(Self.headers, declares: false)
    #expect(untold.exchange(.request, Self.request(), body: ["one", "two"]) == .hangs)
    #expect(untold.peer.log.lines.map { $0.metadata["mismatch"] } == ["protocol_config"])
    let bodyless = AgentgatewayPeer(Self.headers, declares: false)
    #expect(bodyless.exchange(.request, Self.request()) == Self.passed(["x-path": "/p"], ""))
  }

  @Test(
    "what is said of undeclared clients is what counts", arguments: [BodyMode.none, .streamed, .buffered])
  func saidOfUndeclared(mode: BodyMode) {
    let peer = EnvoyPeer(Self.body, modes: nil, undeclaredBodyMode: mode)
    let answer = peer.sendHeaders().answer
    #expect((answer?.kind == .reply) == (mode != .buffered))
    let declared = EnvoyPeer(Self.body, modes: .init(.buffered, .buffered), undeclaredBodyMode: mode)
    #expect(declared.sendHeaders().answer?.kind == .headers(.request))
  }

  @Test("full duplex, its default: headers change, bodies pass piece by piece; what needs a body is refused")
  func fullDuplex() {
    let peer = AgentgatewayPeer(Self.headers)
    #expect(
      peer.exchange(.request, Self.request([("content-length", "6")]), body: ["one", "two"])
        == Self.passed(["x-path": "/p"], "onetwo"))
    #expect(
      peer.exchange(.response, [(":status", "200")]) == Self.passed(["x-status": "200"], "", path: false))
    for configuration in [Self.body, Self.constant] {
      guard
        case .refused(500, let details) = AgentgatewayPeer(configuration).exchange(
          .request, Self.request(), body: ["{}"])
      else {
        Issue.record("not refused")
        continue
      }
      #expect(details.contains("needs_request_body_mode_BUFFERED"))
    }
  }

  @Test("Buffered: bodies are read and replaced, and content-length fits")
  func buffered() {
    let peer = AgentgatewayPeer(Self.body, .buffered, .buffered)
    #expect(
      peer.exchange(.request, Self.request([("content-length", "15")]), body: [#"{"model":"#, #""gpt"}"#])
        == Self.passed(["x-model": "gpt", "content-length": "5"], "<gpt>"))
    #expect(
      peer.exchange(.response, [(":status", "200"), ("content-length", "2")], body: ["ok"])
        == Self.passed(["content-length": "3"], "ok!", path: false))
  }

  @Test("Buffered: a body that is replaced unread is the new one alone, both ways", arguments: [true, false])
  func replacedUnread(tellsLength: Bool) {
    let length = tellsLength ? [("content-length", "3")] : []
    let peer = AgentgatewayPeer(Self.constant, .buffered, .buffered)
    #expect(
      peer.exchange(.request, Self.request(length), body: ["old"]) == Self.passed([:], "constant"))
    #expect(
      peer.exchange(.response, [(":status", "200"), ("content-length", "3")], body: ["old"])
        == Self.passed(["content-length": "8"], "constant", path: false))
  }

  @Test("BufferedPartial: a whole body is transformed; of a part nothing is replaced")
  func bufferedPartial() {
    let whole = AgentgatewayPeer(Self.body, .bufferedPartial, .bufferedPartial)
    #expect(
      whole.exchange(.request, Self.request(), body: [#"{"model":"gpt"}"#])
        == Self.passed(["x-model": "gpt", "content-length": "5"], "<gpt>"))
    let part = AgentgatewayPeer(Self.constant, .bufferedPartial, .bufferedPartial)
    guard case .refused(_, let details) = part.exchange(.request, Self.request(), body: ["old"], isCut: true)
    else {
      Issue.record("not refused")
      return
    }
    #expect(details.contains("body_incomplete"))
  }

  @Test("None: headers change; a body that would be replaced is refused, since the old one would go on")
  func none() {
    let peer = AgentgatewayPeer(Self.headers, .none, .none)
    #expect(
      peer.exchange(.request, Self.request(), body: ["old"]) == Self.passed(["x-path": "/p"], "old"))
    guard
      case .refused(500, let details) = AgentgatewayPeer(Self.constant, .none, .none).exchange(
        .request, Self.request(), body: ["old"])
    else {
      Issue.record("not refused")
      return
    }
    #expect(details.contains("needs_request_body_mode_BUFFERED"))
  }

  @Test("a message without a body is given none, in any mode: its length would be told, and no byte come")
  func givenBody() {
    for mode in [BodyMode.none, .buffered, .bufferedPartial] {
      guard
        case .refused(500, _) = AgentgatewayPeer(Self.constant, mode, mode).exchange(
          .request, Self.request())
      else {
        Issue.record("not refused in \(mode)")
        continue
      }
    }
  }

  @Test(
    "from 1.4.0 a transformation is chosen by gRPC headers; what else metadata_context holds is passed over")
  func selection() {
    let configuration = Configuration.of(
      """
      {"transformations": {"chat": {"request": {"set": [{"name": "x-a", "value": "1"}]}}}}
      """)
    let peer = AgentgatewayPeer(configuration, transformation: "chat")
    let message = peer.peer.serialize { message, arena in
      let content = arena.make(envoy__service__ext_proc__v3__http_headers__init)
      content.pointee.headers = EnvoyPeer.packed(
        EnvoyPeer.headerMap(Self.request([("a", "1")]), fillsValue: true, arena), arena)
      message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_HEADERS
      message.request_headers = content
    }
    // Field 8: Metadata { filter_metadata: { "n": { "k": true } } }
    let metadata: [UInt8] = [
      0x42, 16, 0x0A, 14, 0x0A, 1, 110, 0x12, 9, 0x0A, 7, 0x0A, 1, 107, 0x12, 2, 0x20, 1,
    ]
    #expect(peer.peer.sendBytes(message + metadata).answer?.set == [.init("x-a", "1")])
  }
}
