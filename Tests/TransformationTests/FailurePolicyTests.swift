import Testing

@testable import Transformation

@Suite("When something goes wrong")
struct FailurePolicyTests {
  private func policy(_ policy: String, _ rest: String) -> String {
    #"{"request":{"failurePolicy":\#(policy),\#(rest)}}"#
  }

  private static let asJSON = #""body":{"parseAs":"AsJson"},"set":[{"name":"x-m","value":"{{ model }}"}]"#
  private static let badHeader = #""set":[{"name":"x-user","value":"{{ header('x').y.z }}"}]"#
  private static let badBody = #""body":{"value":"{{ body().x.y }}"},"set":[{"name":"x-a","value":"1"}]"#

  @Test("a body that is not JSON is answered with 400 that names transformation and reason")
  func notJSON() throws {
    var driver = try Driver("{\"request\":{\(Self.asJSON)}}")
    let outcome = driver.sendRequest("{oops")
    #expect(outcome.reply?.status == 400)
    #expect(outcome.reply?.details == "swiftformations{transformation=default,reason=body_not_json}")
    let body = String(decoding: outcome.reply?.body ?? [], as: UTF8.self)
    #expect(
      body.hasPrefix(
        #"{"error":{"code":400,"type":"body_not_json","message":"the request's body is not JSON: "#))
    #expect(outcome.changes.isEmpty)
  }

  @Test("a compressed body's refusal names its encoding")
  func compressed() throws {
    var driver = try Driver(
      policy(#"{"parse":"Reject"}"#, Self.asJSON),
      request: [(":method", "POST"), ("content-encoding", "gzip")])
    let reply = driver.sendRequest("\u{1F}").reply
    #expect(reply?.status == 415)
    #expect(reply?.text.contains("content-encoding: gzip") == true)
  }

  @Test("fields of a body that is not there are undefined", arguments: ["GET", "DELETE", "OPTIONS", "POST"])
  func noBody(method: String) throws {
    var driver = try Driver("{\"request\":{\(Self.asJSON)}}", request: [(":method", method)])
    let outcome = driver.sendRequest()
    #expect(outcome.reply == nil && outcome.failures == [])
    #expect(outcome.changes == ["-x-m"])
  }

  @Test("a bad body passes where the policy says so, and the headers that need it are removed")
  func parseContinue() throws {
    var driver = try Driver(policy(#"{"parse":"Continue"}"#, Self.asJSON))
    let outcome = driver.sendRequest("{oops")
    #expect(outcome.reply == nil)
    #expect(outcome.changes == ["-x-m"])
    #expect(outcome.failures == ["request.body body_not_json"])
  }

  @Test("a header's template that fails removes the header")
  func headerRemoved() throws {
    var driver = try Driver("{\"request\":{\(Self.badHeader)}}")
    let outcome = driver.sendRequest()
    #expect(outcome.changes == ["-x-user"])
    #expect(outcome.failures == ["request.set[0] rendering_failed"])
  }

  @Test("a header's template that fails keeps the header where the policy says so")
  func headerKept() throws {
    var driver = try Driver(policy(#"{"header":"Keep"}"#, Self.badHeader))
    let outcome = driver.sendRequest()
    #expect(outcome.changes.isEmpty)
    #expect(outcome.failures == ["request.set[0] rendering_failed"])
  }

  @Test(
    "a header's template that fails refuses the request where the policy says so, with the status it says")
  func headerRejected() throws {
    var driver = try Driver(policy(#"{"header":"Reject","status":422}"#, Self.badHeader))
    let outcome = driver.sendRequest()
    #expect(outcome.reply?.status == 422)
    #expect(outcome.reply?.details == "swiftformations{transformation=default,reason=rendering_failed}")
  }

  @Test(
    "a value with a line break never becomes a header", arguments: ["a\nb", "a\rb", "a\u{0}b", "a\u{7F}b"])
  func headerInjection(value: String) throws {
    var driver = try Driver(setting("{{ body() }}"))
    let outcome = driver.sendRequest(value)
    #expect(outcome.changes == ["-x-out"])
    #expect(outcome.failures == ["request.set[0] invalid_header_value"])
  }

  @Test("a body's template that fails keeps the original body")
  func bodyKept() throws {
    var driver = try Driver("{\"request\":{\(Self.badBody)}}")
    let outcome = driver.sendRequest("original")
    #expect(outcome.body == nil)
    #expect(outcome.changes == ["x-a=1"])
    #expect(outcome.failures == ["request.body rendering_failed"])
  }

  @Test("a body's template that fails refuses the request where the policy says so")
  func bodyRejected() throws {
    var driver = try Driver(policy(#"{"body":"Reject"}"#, Self.badBody))
    let outcome = driver.sendRequest("original")
    #expect(outcome.reply?.status == 500)
    #expect(outcome.changes.isEmpty)
  }

  @Test("a body that could be buffered only in part is refused with 413 where the policy says so")
  func partialBody() throws {
    var driver = try Driver(policy(#"{"parse":"Reject"}"#, Self.asJSON))
    var mutations = Mutations()
    _ = driver.exchange.headers(.request, driver.request, endOfStream: false, into: &mutations)
    let action = Array(#"{"model":"m""#.utf8).withUnsafeBytes {
      driver.exchange.body(.request, $0, isWhole: false, source: driver.request, into: &mutations)
    }
    #expect(Outcome(action, mutations).reply?.status == 413)
  }

  @Test(
    "a body with a key twice goes on, and the last one counts",
    arguments: ["{}", #"{"duplicateKeys":"Accept"}"#])
  func duplicateKeys(policy: String) throws {
    var driver = try Driver(self.policy(policy, Self.asJSON))
    let outcome = driver.sendRequest(#"{"model":"a","model":"b"}"#)
    #expect(outcome.changes == ["x-m=b"] && outcome.failures == [] && outcome.body == nil)
  }

  @Test(
    "a body with a key twice is refused where the policy says so",
    arguments: [
      (#"{"model":"a","model":"b"}"#, 13), (#"{"model":"a","x":[{"y":1,"\u0079":2}]}"#, 25),
      (#"[{"a":1,"a":2}]"#, 8),
    ])
  func duplicateKeysRejected(body: String, offset: Int) throws {
    var driver = try Driver(policy(#"{"duplicateKeys":"Reject","parse":"Continue"}"#, Self.asJSON))
    let outcome = driver.sendRequest(body)
    #expect(outcome.reply?.status == 400 && outcome.changes == [])
    #expect(outcome.reply?.details == "swiftformations{transformation=default,reason=body_duplicate_keys}")
    #expect(outcome.failures == ["request.body body_duplicate_keys"])
    #expect(outcome.reply?.text.contains("has a key twice in one object, at byte \(offset)") == true)
  }

  @Test("each key once in each object is no reason to refuse")
  func noDuplicateKeys() throws {
    var driver = try Driver(policy(#"{"duplicateKeys":"Reject","status":422}"#, Self.asJSON))
    #expect(
      driver.sendRequest(#"{"model":"a","x":[{"model":1},{"model":1}],"y":{"y":{"y":1}}}"#).changes == [
        "x-m=a"
      ])
    driver = try Driver(policy(#"{"duplicateKeys":"Reject","status":422}"#, Self.asJSON))
    #expect(driver.sendRequest(#"{"a":1,"a":1}"#).reply?.status == 422)
  }

  @Test("a response with a key twice is refused where the policy says so, but for an error of the upstream")
  func duplicateKeysOfResponse() throws {
    let configuration = #"{"response":{"failurePolicy":{"duplicateKeys":"Reject"},\#(Self.asJSON)}}"#
    for (status, expected) in [("200", 502 as Int?), ("404", nil)] {
      var driver = try Driver(
        configuration, response: [(":status", status), ("content-type", "application/json")])
      _ = driver.sendRequest()
      let outcome = driver.sendResponse(#"{"model":"a","model":"b"}"#)
      #expect(outcome.reply?.status == expected)
      #expect(outcome.failures == ["response.body body_duplicate_keys"])
      #expect(outcome.changes == (expected == nil ? ["x-m=b"] : []))
    }
  }

  @Test("a part of a body that is whole is looked at too")
  func duplicateKeysOfPart() throws {
    var driver = try Driver(policy(#"{"duplicateKeys":"Reject"}"#, Self.asJSON))
    var mutations = Mutations()
    _ = driver.exchange.headers(.request, driver.request, endOfStream: false, into: &mutations)
    let action = Array(#"{"model":"m","model":1}"#.utf8).withUnsafeBytes {
      driver.exchange.body(.request, $0, isWhole: false, source: driver.request, into: &mutations)
    }
    #expect(Outcome(action, mutations).reply?.status == 400)
  }

  @Test("a policy for keys of a body that nothing parses is a warning")
  func duplicateKeysOfText() {
    #expect(
      diagnostics(#"{"request":{"failurePolicy":{"duplicateKeys":"Reject"},"body":{"value":"x"}}}"#) == [
        "1:46 warning request.failurePolicy.duplicateKeys: no key is looked at, because only `parseAs: AsJson` parses the body"
      ])
    #expect(
      diagnostics(#"{"request":{"failurePolicy":{"duplicateKeys":"Accept"},"body":{"value":"x"}}}"#) == [])
  }

  @Test("a stream of events is not collected where JSON is wanted, and streams on where the policy says so")
  func eventStream() throws {
    let events = [(":status", "200"), ("content-type", "Text/Event-Stream; charset=utf-8")]
    let rest =
      #""set":[{"name":"x-m","value":"{{ model }}"},{"name":"x-a","value":"1"}],"body":{"parseAs":"AsJson"}"#
    var refusing = try Driver(
      #"{"response":{"failurePolicy":{"parse":"Reject"},\#(rest)}}"#, response: events)
    _ = refusing.sendRequest()
    #expect(refusing.sendResponse("data: {}").reply?.details.contains("body_not_json") == true)
    var passing = try Driver(
      #"{"response":{"failurePolicy":{"parse":"Continue"},\#(rest)}}"#, response: events)
    _ = passing.sendRequest()
    let outcome = passing.sendResponse("data: {}")
    #expect(!outcome.awaitsBody)
    #expect(outcome.changes == ["-x-m", "x-a=1"])
  }

  @Test("where bad bodies pass, fields are undefined, and a body made of fields is not made")
  func undefinedFields() throws {
    let rest =
      #""body":{"parseAs":"AsJson","value":"{{ model }}!"},"set":[{"name":"x-m","value":"{{ model | default('d') }}"}]"#
    for body in ["{oops", nil] {
      var driver = try Driver(policy(#"{"parse":"Continue"}"#, rest))
      let outcome = driver.sendRequest(body)
      #expect(outcome.changes == ["x-m=d"])
      #expect(outcome.body == nil)
    }
  }

  private static let responseID =
    #"{"response":{"body":{"parseAs":"AsJson"},"set":[{"name":"x-id","value":"{{ id }}"},{"name":"x-a","value":"1"}]}}"#

  @Test("a response without a body is never refused", arguments: ["200", "204", "304", "503"])
  func responseWithoutBody(status: String) throws {
    var driver = try Driver(Self.responseID, response: [(":status", status)])
    _ = driver.sendRequest()
    let outcome = driver.sendResponse()
    #expect(outcome.reply == nil)
    #expect(outcome.changes == ["-x-id", "x-a=1"])
  }

  @Test("a response to HEAD is never refused for its body")
  func responseToHead() throws {
    var driver = try Driver(Self.responseID, request: [(":method", "HEAD")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["-x-id", "x-a=1"])
  }

  @Test("an error of the upstream keeps its status and body, whatever it is", arguments: ["404", "503"])
  func upstreamError(status: String) throws {
    var driver = try Driver(Self.responseID, response: [(":status", status)])
    _ = driver.sendRequest()
    let outcome = driver.sendResponse("upstream connect error")
    #expect(outcome.reply == nil)
    #expect(outcome.changes == ["-x-id", "x-a=1"])
    #expect(outcome.failures == ["response.body body_not_json"])
  }

  @Test("a good response that is not JSON goes on where it is only read")
  func responseNotJSON() throws {
    var driver = try Driver(Self.responseID)
    _ = driver.sendRequest()
    let outcome = driver.sendResponse("<html>")
    #expect(outcome.reply == nil)
    #expect(outcome.changes == ["-x-id", "x-a=1"])
    #expect(outcome.failures == ["response.body body_not_json"])
  }

  @Test("a good response that is not JSON and would be rewritten is the upstream's fault: 502")
  func rewrittenResponseNotJSON() throws {
    var driver = try Driver(#"{"response":{"body":{"parseAs":"AsJson","value":"{{ id }}"}}}"#)
    _ = driver.sendRequest()
    let reply = driver.sendResponse("<html>").reply
    #expect(reply?.status == 502)
    // The completion is paid for: another try would pay once more.
    #expect(reply?.header("x-should-retry") == "false")
  }

  @Test("an upgrade is never refused for its body")
  func upgrade() throws {
    var driver = try Driver(
      "{\"request\":{\(Self.asJSON)}}", request: [(":method", "GET"), ("upgrade", "websocket")])
    let outcome = driver.sendRequestHeaders(endOfStream: false)
    #expect(outcome.reply == nil && outcome.changes == ["-x-m"])
  }

  @Test("a path that is none does not become the path, and fails as its policy says")
  func badPath() throws {
    let set = #""set":[{"name":":path","value":"{{ header('x-user') }}"}]"#
    var removing = try Driver("{\"request\":{\(set)}}")
    #expect(removing.sendRequest().failures == ["request.set[0] invalid_header_value"])
    var refusing = try Driver(policy(#"{"header":"Reject"}"#, set))
    #expect(refusing.sendRequest().reply?.status == 500)
  }

  @Test("a compressed body that would be changed as if it were text is refused: it would pass unchanged")
  func encodedBodyRefused() throws {
    let headers = [(":method", "POST"), ("content-encoding", "gzip")]
    var driver = try Driver(#"{"request":{"body":{"value":"[{{ body() }}]"}}}"#, request: headers)
    #expect(driver.sendRequest("zipped").reply?.status == 415)
    var same = try Driver(#"{"request":{"body":{"value":"{{ body() }}"}}}"#, request: headers)
    #expect(same.sendRequest("zipped").reply == nil)
  }

  @Test(
    "a compressed body is not changed as if it were text, and passes where the policy says so",
    arguments: [#"{"body":"Keep"}"#, #"{"parse":"Continue"}"#])
  func encodedBody(policy: String) throws {
    let headers = [(":method", "POST"), ("content-encoding", "gzip")]
    var driver = try Driver(
      self.policy(policy, #""body":{"value":"[{{ body() }}]"}"#), request: headers)
    let outcome = driver.sendRequest("zipped")
    #expect(outcome.body == nil && outcome.changes.isEmpty)
    #expect(outcome.failures == ["request.body body_is_encoded"])
  }

  @Test("replacing text by text ends at the limit of a string, in time that grows with the text")
  func replaceLimits() throws {
    var growing = try Driver(
      #"{"request":{"body":{"value":"{{ replace_with_string(body(), 'a', body()) }}"}}}"#)
    let outcome = growing.sendRequest(String(repeating: "a", count: 20_000))
    #expect(outcome.failures == ["request.body limit_exceeded"])
    var searching = try Driver(
      #"{"request":{"body":{"value":"{{ replace_with_string(body(), header('x-secret'), '') }}"}}}"#,
      request: [("x-secret", String(repeating: "a", count: 20_000) + "b")])
    #expect(searching.sendRequest(String(repeating: "a", count: 400_000)).body?.utf8.count == 400_000)
  }
}
