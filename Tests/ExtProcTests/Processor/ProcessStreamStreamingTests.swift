import Testing

@testable import ExtProc
@testable import Transformation

@Suite("ProcessStream, streamed bodies")
struct ProcessStreamStreamingTests {
  private static let headersOnly = Configuration.of(
    """
    {"request": {"set": [{"name": "a", "value": "1"}]}, "response": {"set": [{"name": "b", "value": "2"}]}}
    """)

  @Test("in STREAMED mode headers change, and each chunk has one answer, which changes nothing")
  func streamed() {
    let peer = EnvoyPeer(Self.headersOnly, modes: .init(.streamed, .streamed))
    #expect(peer.sendHeaders().answer?.set == [.init("a", "1")])
    for direction in [Direction.request, .response] {
      if direction == .response { #expect(peer.sendHeaders(.response).answer?.set == [.init("b", "2")]) }
      for chunk in ["one", "two", ""] {
        #expect(
          peer.sendBody(direction, chunk, endOfStream: chunk.isEmpty).answer == Answer(.body(direction)))
      }
    }
  }

  @Test("in FULL_DUPLEX_STREAMED mode headers change, and the body is sent back piece by piece")
  func fullDuplex() {
    let peer = EnvoyPeer(Self.headersOnly, modes: .init(.fullDuplexStreamed, .fullDuplexStreamed))
    let headers = peer.sendHeaders().answer
    #expect(headers?.set == [.init("a", "1")])
    #expect(headers?.mode == nil, "Envoy takes no override in this mode")

    var piece = Answer(.body(.request))
    piece.body = .streamed("one", endOfStream: false)
    #expect(peer.sendBody(.request, "one", endOfStream: false).answer == piece)
    #expect(peer.sendBody(.request, "", endOfStream: false) == EnvoyPeer.Outcome())
    piece.body = .streamed("", endOfStream: true)
    #expect(peer.sendBody(.request, "", endOfStream: true).answer == piece)
    #expect(peer.sendBody(.request, "", endOfStream: true) == EnvoyPeer.Outcome())
    #expect(peer.sendBody(.request, "late", endOfStream: false) == EnvoyPeer.Outcome())

    #expect(peer.sendHeaders(.response).answer?.set == [.init("b", "2")])
    piece = Answer(.body(.response))
    piece.body = .streamed("x", endOfStream: false)
    #expect(peer.sendBody(.response, "x", endOfStream: false).answer == piece)
    #expect(peer.sendTrailers(.response).answer == Answer(.trailers(.response)))
    #expect(peer.sendBody(.response, "late") == EnvoyPeer.Outcome())
  }

  @Test("the directions of a full duplex exchange may interleave")
  func interleaved() {
    let peer = EnvoyPeer(Self.headersOnly, modes: .init(.fullDuplexStreamed, .fullDuplexStreamed))
    peer.sendHeaders()
    peer.sendHeaders(.response)
    for direction in [Direction.request, .response, .request, .response] {
      #expect(peer.sendBody(direction, "x", endOfStream: false).answer?.kind == .body(direction))
    }
  }

  @Test("chunks that come before our answer to the headers are answered behind it")
  func early() {
    let peer = EnvoyPeer(Self.headersOnly, modes: .init(.streamed, .none, sendsBodyEarly: true))
    #expect(peer.sendHeaders().answer?.mode == nil)
    #expect(peer.sendBody(.request, "x").answer == Answer(.body(.request)))
  }

  @Test("a body is not replaced where Envoy takes only pieces")
  func replacement() {
    let constantBody = Configuration.of(
      #"{"request": {"body": {"parseAs": "AsString", "value": "constant"}}}"#)
    for modes in [EnvoyPeer.Modes(.fullDuplexStreamed), .init(.streamed, .none, sendsBodyEarly: true)] {
      let answer = EnvoyPeer(constantBody, modes: modes).sendHeaders().answer
      #expect(answer?.reply?.details.contains("needs_request_body_mode_BUFFERED") == true)
    }
  }
}
