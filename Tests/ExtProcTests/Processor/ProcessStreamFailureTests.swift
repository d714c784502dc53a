import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("ProcessStream, failures")
struct ProcessStreamFailureTests {
  @Test("a header that Envoy would fail on is left out and logged, the others go")
  func leftOut() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"set": [{"name": "x-a", "value": "1"}, {"name": ":path", "value": "{{ header('p') }}"},
          {"name": "x-b", "value": "2"}, {"name": "x-c", "value": "{{ header('p').a.b }}"}]}}
        """))
    let answer = peer.sendHeaders(.request, [("p", "no slash"), ("x-request-id", "r")]).answer
    #expect(answer?.set == [.init("x-a", "1"), .init("x-b", "2")])
    #expect(peer.log.lines.count == 1)
    #expect(peer.log.lines.first?.metadata["reason"] == "invalid_header_value")
    #expect(peer.log.lines.first?.metadata["place"] == "request.set[1]")
    #expect(answer?.removed == ["x-c"])
    #expect(peer.log.lines.first?.metadata["more"] == "1")
    #expect(peer.log.lines.first?.metadata["x-request-id"] == "r")
  }

  @Test("a failed template is logged with its place and the request's id, in the response too")
  func failedTemplate() {
    let peer = EnvoyPeer(
      .of(
        """
        {"response": {"set": [{"name": "x-a", "value": "{{ nothing.there }}"}, {"name": "x-b", "value": "2"}],
          "body": {"parseAs": "AsJson"}}}
        """))
    peer.sendHeaders(.request, [("x-request-id", "r-2")])
    peer.sendHeaders(.response, [(":status", "200")])
    let answer = peer.sendBody(.response, "{}").answer
    #expect(answer?.kind == .body(.response))
    #expect(answer?.removed == ["x-a"])
    #expect(answer?.set == [.init("x-b", "2")])
    #expect(peer.log.lines.count == 1)
    #expect(peer.log.lines.first?.metadata["place"] == "response.set[0]")
    #expect(peer.log.lines.first?.metadata["x-request-id"] == "r-2")
  }

  @Test("a request whose headers would be more than Envoy takes is answered, and says so")
  func headersTooLarge() {
    let peer = EnvoyPeer(
      .of(#"{"request": {"set": [{"name": "x-a", "value": "{{ header('p') ~ header('p') }}"}]}}"#))
    let answer = peer.sendHeaders(.request, [("p", String(repeating: "a", count: 30_000))]).answer
    #expect(answer?.reply?.details.contains("headers_too_large") == true)
    #expect(peer.log.lines.first?.metadata["place"] == "request.headers")
  }

  @Test("a body mode that is not served is UNIMPLEMENTED")
  func unservedMode() {
    // request_headers {}, protocol_config { request_body_mode: GRPC }
    let outcome = EnvoyPeer(.empty).sendBytes([0x12, 0x00, 0x5A, 0x02, 0x08, 0x05])
    #expect(outcome.status?.code == .unimplemented)
  }

  @Test("after an answer to the client nothing more is said, whatever Envoy had on the way")
  func afterReply() {
    let peer = EnvoyPeer(.of(#"{"request": {"body": {"parseAs": "AsJson", "value": ""}}}"#))
    peer.sendHeaders()
    #expect(peer.sendBody(.request, "no JSON").answer?.kind == .reply)
    #expect(peer.sendBody(.request, "x") == EnvoyPeer.Outcome())
    #expect(peer.sendBytes([0xFF]) == EnvoyPeer.Outcome())
  }
}
