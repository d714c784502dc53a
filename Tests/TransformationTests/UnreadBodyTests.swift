import Testing

@testable import Transformation

/// What the headers alone say of a body: whether there is anything to wait for.
@Suite("A body that cannot be read")
struct UnreadBodyTests {
  private static let reading = #""body":{"parseAs":"AsJson"},"set":[{"name":"x-m","value":"{{ model }}"}]"#
  private static let rewriting = #""body":{"parseAs":"AsJson","value":"{{ model }}"}"#

  private func request(
    _ configuration: String, _ headers: [(String, String)], body: String = "body"
  ) throws -> Outcome {
    var driver = try Driver(
      "{\"request\":{\(configuration)}}", request: [(":method", "POST"), (":path", "/")] + headers)
    return driver.sendRequest(body)
  }

  private func response(
    _ configuration: String, _ headers: [(String, String)], status: String = "200", body: String = "body"
  ) throws -> Outcome {
    var driver = try Driver(
      "{\"response\":{\(configuration)}}", response: [(":status", status)] + headers)
    _ = driver.sendRequest()
    return driver.sendResponse(body)
  }

  static let others = [
    "text/event-stream", "application/x-ndjson", "multipart/form-data; boundary=x", "application/grpc",
    "audio/mpeg", "text/plain", "application/vnd.amazon.eventstream", "application/json-seq", "",
  ]

  @Test("is not waited for when its content-type is not JSON, and who only reads goes on", arguments: others)
  func contentType(type: String) throws {
    for outcome in [
      try request(Self.reading, [("content-type", type)]),
      try response(Self.reading, [("content-type", type)]),
    ] {
      #expect(!outcome.awaitsBody && outcome.reply == nil)
      #expect(outcome.changes == ["-x-m"] && outcome.failures == [] && outcome.skipped == .contentType)
    }
  }

  @Test(
    "is waited for when its content-type is JSON, or absent",
    arguments: [
      "application/json", "Application/JSON; charset=utf-8", "application/problem+json", " application/json ",
      nil,
    ])
  func json(type: String?) throws {
    let headers = type.map { [("content-type", $0)] } ?? []
    let body = #"{"model":"m"}"#
    #expect(try request(Self.reading, headers, body: body).changes == ["x-m=m"])
    #expect(try response(Self.reading, headers, body: body).changes == ["x-m=m"])
  }

  @Test("is refused by who would rewrite it, before it comes")
  func rewriting() throws {
    let type = [("content-type", "text/plain")]
    #expect(try request(Self.rewriting, type).reply?.status == 415)
    let reply = try response(Self.rewriting, type).reply
    #expect(reply?.status == 502)
    #expect(reply?.header("x-should-retry") == "false")
    #expect(try request(Self.rewriting, [("content-encoding", "br")]).reply?.status == 415)
  }

  @Test("passes who would rewrite it in a response that is an error anyway")
  func errorResponse() throws {
    let outcome = try response(Self.rewriting, [("content-type", "text/html")], status: "503")
    #expect(outcome.reply == nil && outcome.body == nil && outcome.skipped == .contentType)
  }

  @Test("does as the policy says, whatever the transformation does")
  func policy() throws {
    let type = [("content-type", "text/plain")]
    let refusing = try request(#""failurePolicy":{"parse":"Reject"},"# + Self.reading, type)
    #expect(refusing.reply?.status == 415)
    let passing = try request(#""failurePolicy":{"parse":"Continue"},"# + Self.rewriting, type)
    #expect(passing.reply == nil && passing.body == nil)
    // Who rewrites and lets it pass has failed.
    #expect(passing.failures == ["request.body body_not_json"] && passing.skipped == nil)
  }

  @Test("that is too long is not waited for by who rewrites it, where the policy is to continue")
  func longBody() throws {
    let headers = [("content-length", "1048577")]
    let passing = try request(#""failurePolicy":{"parse":"Continue"},"# + Self.rewriting, headers)
    #expect(passing.reply == nil && passing.body == nil)
    #expect(passing.failures == ["request.body body_incomplete"])
  }

  @Test("of JSON has fields or not: a number is refused by who only reads them where the policy says so")
  func scalar() throws {
    #expect(try request(Self.reading, [], body: "1").changes == ["-x-m"])
    let refusing = #""failurePolicy":{"parse":"Reject"},"# + Self.reading
    #expect(try request(refusing, [], body: "1").reply?.status == 400)
    #expect(try request(refusing, [], body: "").reply == nil)
  }

  @Test("is not waited for when it is encoded", arguments: ["gzip", "br", "zstd"])
  func encoding(name: String) throws {
    let outcome = try response(Self.reading, [("content-encoding", name)])
    #expect(outcome.changes == ["-x-m"] && outcome.skipped == .contentEncoding)
    let plain = try response(Self.reading, [("content-encoding", "identity")], body: #"{"model":"m"}"#)
    #expect(plain.changes == ["x-m=m"])
  }

  @Test("is not waited for when its declared length is more than Envoy's buffer, and only read")
  func length() throws {
    let long = [("content-length", "1048577")]
    #expect(try request(Self.reading, long).skipped == .tooLong)
    #expect(try request(Self.reading, [("content-length", "1048576")], body: "{}").skipped == nil)
    // Envoy answers 413; to collect it is the only way to rewrite it.
    #expect(try request(Self.rewriting, long, body: #"{"model":"m"}"#).body == "m")
  }

  @Test("is longer than a limit that the configuration gives, or that the adapter knows")
  func limits() throws {
    let configured = #"{"limits":{"bodyBytes":10},"request":{\#(Self.reading)}}"#
    let headers = [(":method", "POST"), ("content-length", "11")]
    var driver = try Driver(configured, request: headers)
    driver.exchange.limitBodies(to: 1 << 20)
    #expect(driver.sendRequest("{}").skipped == .tooLong)
    #expect(driver.exchange.bytesAwaited(.request) == 10)
    driver = try Driver("{\"request\":{\(Self.reading)}}", request: headers)
    driver.exchange.limitBodies(to: 10)
    #expect(driver.sendRequest("{}").skipped == .tooLong)
    driver = try Driver("{\"request\":{\(Self.rewriting)}}")
    #expect(driver.exchange.bytesAwaited(.request) == nil)
  }

  @Test("came only in part: who only reads goes on")
  func partial() throws {
    var driver = try Driver("{\"request\":{\(Self.reading)}}")
    var mutations = Mutations()
    _ = driver.exchange.headers(.request, driver.request, endOfStream: false, into: &mutations)
    let action = Array(#"{"model":"m","a":"#.utf8).withUnsafeBytes {
      driver.exchange.body(.request, $0, isWhole: false, source: driver.request, into: &mutations)
    }
    let outcome = Outcome(action, mutations)
    #expect(outcome.reply == nil && outcome.changes == ["-x-m"] && outcome.skipped == .tooLong)
  }

  @Test("lacks what lies in its fields too, which is no failure", arguments: [nil, "text/plain"])
  func fieldsOfFields(type: String?) throws {
    let usage =
      #""set":[{"name":"x-t","value":"{{ usage.total_tokens }}"}],"dynamicMetadata":"#
      + #"[{"namespace":"n","key":"k","value":{"stringValue":"{{ usage.total_tokens }}"}}],"body":{"parseAs":"AsJson"}"#
    var driver = try Driver(
      "{\"response\":{\(usage)}}",
      response: [(":status", "200"), ("content-type", type ?? "application/json")])
    _ = driver.sendRequest()
    let outcome = driver.sendResponse(type == nil ? nil : "text")
    #expect(outcome.failures == [] && outcome.changes == ["-x-t"] && outcome.metadata == [])
    // In a body that is there and has no such field, it is one.
    driver = try Driver("{\"response\":{\(usage)}}")
    _ = driver.sendRequest()
    #expect(driver.sendResponse("{}").failures.count == 2)
    driver = try Driver(#"{"response":{"failurePolicy":{"header":"Reject"},\#(usage)}}"#)
    _ = driver.sendRequest()
    #expect(driver.sendResponse().reply?.status == 500)
  }

  @Test("may be a part, and ends with its object: it is read")
  func perhapsPartial() throws {
    var driver = try Driver("{\"request\":{\(Self.reading)}}")
    var mutations = Mutations()
    _ = driver.exchange.headers(.request, driver.request, endOfStream: false, into: &mutations)
    let action = Array(#"{"model":"m"}"#.utf8).withUnsafeBytes {
      driver.exchange.body(.request, $0, isWhole: false, source: driver.request, into: &mutations)
    }
    #expect(Outcome(action, mutations).changes == ["x-m=m"])
  }

  @Test(
    "is no object or list: its fields are undefined, and a body made of fields is refused",
    arguments: [
      "null", "17", #""text""#, "true",
    ])
  func scalars(body: String) throws {
    #expect(try request(Self.reading, [], body: body).changes == ["-x-m"])
    let refused = try request(Self.rewriting, [], body: body).reply
    #expect(refused?.status == 400)
    #expect(refused?.details == "swiftformations{transformation=default,reason=body_not_object}")
    #expect(try response(Self.rewriting, [], body: body).reply?.status == 502)
    let passing = try request(
      #""failurePolicy":{"parse":"Continue"},"body":{"parseAs":"AsJson","value":"[{{ context()|tojson }}]"}"#,
      [],
      body: body)
    #expect(passing.body == "[\(body)]")
  }

  @Test("of text is waited for whatever its type")
  func text() throws {
    let outcome = try request(
      #""set":[{"name":"x-out","value":"{{ body() }}"}]"#, [("content-type", "text/csv")])
    #expect(outcome.changes == ["x-out=body"])
  }
}
