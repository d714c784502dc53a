import Testing

@testable import ExtProc
@testable import Transformation

@Suite("ProcessStream, failures")
struct ProcessStreamFailureTests {
  @Test("a header that Envoy would fail on is left out and logged, the others go")
  func leftOut() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"set": [{"name": "x-a", "value": "1"}, {"name": ":path", "value": "{{ header('p') }}"},
          {"name": ":status", "value": "200"}, {"name": "x-b", "value": "2"}]}}
        """))
    let answer = peer.sendHeaders(.request, [("p", "no slash"), ("x-request-id", "r")]).answer
    #expect(answer?.set == [.init("x-a", "1"), .init("x-b", "2")])
    #expect(peer.log.lines.count == 1)
    #expect(peer.log.lines.first?.metadata["reason"] == "invalid_path")
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
