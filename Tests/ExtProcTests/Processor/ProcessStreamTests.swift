import Logging
import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

/// Header phases, selection's absence, and the order of messages.
@Suite("ProcessStream")
struct ProcessStreamTests {
  @Test("a header is set, appended and removed")
  func headers() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"set": [{"name": "X-Set", "value": "{{ header('a') }}"}],
         "add": [{"name": "x-add", "value": "2"}], "remove": ["x-gone"]},
         "response": {"set": [{"name": "x-from", "value": "{{ request_header('a') }}"}]}}
        """), modes: .init(.none))
    var expected = Answer(.headers(.request))
    expected.set = [.init("x-set", "1"), .init("x-add", "2", appends: true)]
    expected.removed = ["x-gone"]
    #expect(peer.sendHeaders(.request, [("a", "1")]).answer == expected)

    expected = Answer(.headers(.response))
    expected.set = [.init("x-from", "1")]
    #expect(peer.sendHeaders(.response, [(":status", "200")]).answer == expected)
    #expect(peer.log.lines.isEmpty)
  }

  @Test("it is settled when nothing is left to transform, where Envoy waits for no piece of a body")
  func settled() {
    let both = """
      {"request": {"set": [{"name": "x-a", "value": "{{ m }}"}], "body": {"parseAs": "AsJson"}},
       "response": {"set": [{"name": "x-b", "value": "2"}]}}
      """
    for (response, settles) in [(BodyMode.none, true), (.buffered, true), (.streamed, false)] {
      let peer = EnvoyPeer(.of(both), modes: .init(.buffered, response))
      #expect(!peer.isSettled)
      _ = peer.sendHeaders(.request, [("a", "1")])
      #expect(!peer.isSettled)
      _ = peer.sendBody(.request, #"{"m": "1"}"#)
      #expect(!peer.isSettled)
      _ = peer.sendHeaders(.response, [(":status", "200")])
      #expect(peer.isSettled == settles)
    }
    let request = EnvoyPeer(
      .of(#"{"request": {"set": [{"name": "x-a", "value": "1"}]}}"#), modes: .init(.none))
    _ = request.sendHeaders(.request, [("a", "1")])
    #expect(request.isSettled, "the response is not asked about")
    let nothing = EnvoyPeer(.empty)
    #expect(!nothing.isSettled)
    _ = nothing.sendHeaders()
    #expect(nothing.isSettled)
  }

  @Test("the response of a request that was not seen is transformed")
  func responseOnly() {
    let peer = EnvoyPeer(
      .of(#"{"response": {"set": [{"name": "x-a", "value": "[{{ request_header('a') }}]"}]}}"#),
      modes: .init(.none))
    #expect(peer.sendHeaders(.response, [(":status", "200")]).answer?.set == [.init("x-a", "[]")])
  }

  @Test("dynamic metadata is written by namespace")
  func metadata() {
    let peer = EnvoyPeer(
      .of(
        """
        {"request": {"dynamicMetadata": [
          {"namespace": "n", "key": "a", "value": {"stringValue": "{{ header('a') }}"}},
          {"namespace": "m", "key": "b", "value": {"stringValue": "2"}},
          {"namespace": "n", "key": "c", "value": {"stringValue": "3"}}]}}
        """))
    let answer = peer.sendHeaders(.request, [("a", "1")], endOfStream: true).answer
    #expect(answer?.metadata == ["n": ["a": "1", "c": "3"], "m": ["b": "2"]])
  }

  @Test("without a transformation everything passes, and nothing more is asked for")
  func nothingApplies() {
    let peer = EnvoyPeer(.empty)
    var expected = Answer(.headers(.request))
    expected.mode = .init(responseHeaders: .skip, requestBody: BodyMode.none, responseBody: BodyMode.none)
    #expect(peer.sendHeaders().answer == expected)
    // Envoy may not follow.
    #expect(peer.sendBody(.request, "x").answer == Answer(.body(.request)))
    #expect(peer.sendTrailers().answer == Answer(.trailers(.request)))
    #expect(peer.sendHeaders(.response).answer == Answer(.headers(.response)))
    #expect(peer.sendBody(.response, "y", endOfStream: false).answer == Answer(.body(.response)))
    #expect(peer.sendTrailers(.response).answer == Answer(.trailers(.response)))
  }

  @Test("a stream that only observes is read and never answered")
  func observability() {
    let peer = EnvoyPeer(
      .of(#"{"request": {"set": [{"name": "a", "value": "1"}]}}"#), modes: .init(.streamed, .streamed),
      observes: true)
    #expect(peer.sendHeaders() == EnvoyPeer.Outcome())
    #expect(peer.sendBody(.request, "x") == EnvoyPeer.Outcome())
    #expect(peer.sendHeaders(.response) == EnvoyPeer.Outcome())
  }

  @Test("messages that cannot be end the stream with INVALID_ARGUMENT")
  func outOfOrder() {
    let twice = EnvoyPeer(.empty)
    twice.sendHeaders()
    #expect(twice.sendHeaders().status?.code == .invalidArgument)

    let late = EnvoyPeer(.empty)
    late.sendHeaders(.response)
    #expect(late.sendHeaders(.request).status?.code == .invalidArgument)

    let afterEnd = EnvoyPeer(.empty)
    afterEnd.sendHeaders(endOfStream: true)
    #expect(afterEnd.sendBody(.request, "x").status?.code == .invalidArgument)
    #expect(afterEnd.log.lines.first?.metadata["reason"] == "grpc_status_3")
  }

  @Test("an empty message, or one of unknown kind, is INVALID_ARGUMENT; one that is no message is INTERNAL")
  func undecodable() {
    #expect(EnvoyPeer(.empty).sendBytes([]).status?.code == .invalidArgument)
    #expect(EnvoyPeer(.empty).sendBytes([0xA2, 0x06, 0x00]).status?.code == .invalidArgument)
    #expect(EnvoyPeer(.empty).sendBytes([0x12, 0x05, 0x00]).status?.code == .internal)
    #expect(EnvoyPeer(.empty).sendBytes([0xFF]).status?.code == .internal)
  }

  @Test("a configuration that is replaced serves new streams; those in flight keep theirs")
  func replacedConfiguration() {
    let old = Configuration.of(
      #"{"request": {"set": [{"name": "v", "value": "1"}]}, "response": {"set": [{"name": "v", "value": "1"}]}}"#
    )
    let new = Configuration.of(#"{"request": {"set": [{"name": "v", "value": "2"}]}}"#)
    let service = ProcessService(configuration: old, logger: .init(label: "test"))
    let before = EnvoyPeer(sharing: service)
    #expect(before.sendHeaders().answer?.set == [.init("v", "1")])
    service.configuration = new
    #expect(EnvoyPeer(sharing: service).sendHeaders().answer?.set == [.init("v", "2")])
    #expect(before.sendHeaders(.response).answer?.set == [.init("v", "1")])
  }
}
