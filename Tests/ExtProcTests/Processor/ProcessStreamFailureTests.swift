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
          {"name": "transfer-encoding", "value": "chunked"}, {"name": "x-b", "value": "2"}]}}
        """))
    let answer = peer.sendHeaders(.request, [("p", "no slash"), ("x-request-id", "r")]).answer
    #expect(answer?.set == [.init("x-a", "1"), .init("x-b", "2")])
    #expect(peer.log.lines.count == 1)
    #expect(peer.log.lines.first?.metadata["reason"] == "invalid_path")
    #expect(peer.log.lines.first?.metadata["more"] == "1")
    #expect(peer.log.lines.first?.metadata["x-request-id"] == "r")
  }

  @Test("a content-length that the configuration sets gives way to the right one")
  func contentLength() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"set": [{"name": "content-length", "value": "999"}],
          "body": {"parseAs": "AsString", "value": "{{ body() }}{{ body() }}"}}}
        """))
    peer.sendHeaders(.request, [("content-length", "2")])
    #expect(peer.sendBody(.request, "ab").answer?.set == [.init("content-length", "4")])
    #expect(peer.log.lines.isEmpty)
  }

  @Test("a failed template is logged with its place and the request's id, in the response too")
  func failedTemplate() {
    let peer = EnvoyPeer(
      .of(#"{"response": {"set": [{"name": "x-a", "value": "{{ nothing.there }}"}]}}"#), modes: .init(.none))
    peer.sendHeaders(.request, [("x-request-id", "r-2")])
    let answer = peer.sendHeaders(.response, [(":status", "200")]).answer
    #expect(answer?.kind == .headers(.response))
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
