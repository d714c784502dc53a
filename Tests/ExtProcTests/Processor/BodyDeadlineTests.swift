import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("ProcessStream, a body that does not come")
struct BodyDeadlineTests {
  private static let both = """
    {"request": {"body": {"value": "{{ body() }}!"}}, "response": {"body": {"value": "{{ body() }}!"}}}
    """

  @Test("the request's is answered with 408, after its time and once")
  func request() {
    let peer = EnvoyPeer(.of(Self.both))
    peer.sendHeaders()
    #expect(peer.tick(after: 299) == EnvoyPeer.Outcome())
    let reply = peer.tick(after: 301).answer?.reply
    #expect(reply?.status == 408)
    #expect(reply?.details.contains("reason=request_body_too_late") == true)
    #expect(peer.log.lines.first?.metadata["reason"] == "request_body_too_late")
    #expect(peer.tick(after: 400) == EnvoyPeer.Outcome())
    #expect(peer.sendBody(.request, "late") == EnvoyPeer.Outcome())
  }

  @Test("the response's is answered with 504")
  func response() {
    let peer = EnvoyPeer(.of(Self.both), bodySeconds: 5)
    peer.sendHeaders(.request, endOfStream: true)
    peer.sendHeaders(.response, [(":status", "200")])
    #expect(peer.tick(after: 4) == EnvoyPeer.Outcome())
    #expect(peer.tick(after: 6).answer?.reply?.status == 504)
  }

  @Test("nothing else has a deadline: a body that came, one that nobody waits for, no limit")
  func others() {
    let came = EnvoyPeer(.of(Self.both))
    came.sendHeaders()
    came.sendBody(.request, "a")
    #expect(came.tick(after: 1_000) == EnvoyPeer.Outcome())
    let unread = EnvoyPeer(.of(#"{"request": {"set": [{"name": "x-a", "value": "1"}]}}"#))
    unread.sendHeaders()
    #expect(unread.tick(after: 1_000) == EnvoyPeer.Outcome())
    let unlimited = EnvoyPeer(.of(Self.both), bodySeconds: 0)
    unlimited.sendHeaders()
    #expect(unlimited.tick(after: 1_000_000) == EnvoyPeer.Outcome())
    #expect(EnvoyPeer(.of(Self.both)).tick(after: 1_000) == EnvoyPeer.Outcome())
  }
}
