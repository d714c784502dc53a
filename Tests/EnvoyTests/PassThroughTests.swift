import Testing

@Suite("What no template reads passes untouched")
struct PassThroughTests {
  private static let headersOnly = """
    {"request": {"set": [{"name": "x-a", "value": "1"}]}, "response": {"set": [{"name": "x-b", "value": "2"}]}}
    """

  @Test("a body passes with its chunks and trailers", arguments: EnvoyVersion.allCases, Profile.allCases)
  func bodyAndTrailers(version: EnvoyVersion, profile: Profile) throws {
    var request = HTTPRequest.post("/anything", String(repeating: "abc", count: 1000))
    request.chunkSize = 300
    request.trailers = ["x-checksum": "42"]
    let gateway = try Gateway.shared(version)
    let seen = try gateway.exchange(request, through: profile, transforming: Self.headersOnly).upstream()
    #expect(seen.headers["x-a"] == ["1"])
    #expect(seen.body == String(repeating: "abc", count: 1000))
    #expect(seen.trailers == ["x-checksum": "42"])
    let response = try gateway.exchange(
      .get("/trailers?x=1"), through: profile, transforming: Self.headersOnly)
    #expect(response.headers["x-b"] == ["2"])
    #expect(response.trailers == ["x": "1"])
    #expect(response.text == "[[\"x\", \"1\"]]\n")
  }

  @Test(
    "a body larger than Envoy's buffer passes in both directions", arguments: EnvoyVersion.allCases,
    [Profile.headersOnly, .streamed, .fullDuplex])
  func large(version: EnvoyVersion, profile: Profile) throws {
    let text = String(repeating: "0123456789abcdef", count: 200_000)
    let response = try Gateway.shared(version).exchange(
      .post("/echo", text), through: profile, transforming: Self.headersOnly)
    #expect(response.status == 200)
    #expect(response.headers["x-b"] == ["2"])
    // Not `==` on the texts: nobody wants to read three megabytes when it fails.
    let isEqual = response.text == text
    #expect(isEqual)
  }

  @Test(
    "a response larger than Envoy's buffer passes when the sidecar may override",
    arguments: EnvoyVersion.allCases)
  func largeResponse(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/bytes/3000000"), through: .overridable, transforming: Self.headersOnly)
    #expect(response.status == 200)
    #expect(response.headers["x-b"] == ["2"])
    #expect(response.body.count == 3_000_000)
  }

  @Test(
    "server-sent events arrive one by one", arguments: EnvoyVersion.allCases,
    [
      Profile.headersOnly, .streamed, .fullDuplex, .overridable,
    ])
  func eventStream(version: EnvoyVersion, profile: Profile) throws {
    let connection = try HTTPConnection(port: Gateway.shared(version).envoy.port(of: profile.rawValue))
    let body = #"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "one two"}]}"#
    // Half a second in all: even a busy machine sees the first event before the last is sent.
    try connection.send(
      .post(
        "/v1/chat/completions?interval=40", json: body, headers: [Route.configurationHeader: Self.headersOnly]
      ))
    #expect(try connection.receiveHead().headers["x-b"] == ["2"])
    try Self.expectEventsOneByOne(connection)
  }

  @Test(
    "server-sent events stream on where JSON is wanted and the policy lets them",
    arguments: EnvoyVersion.allCases)
  func eventStreamForJSON(version: EnvoyVersion) throws {
    let connection = try HTTPConnection(
      port: Gateway.shared(version).envoy.port(of: Profile.overridable.rawValue))
    let configuration = #"""
      {"response": {"body": {"parseAs": "AsJson"}, "failurePolicy": {"parse": "Continue"}, \#
      "set": [{"name": "x-b", "value": "2"}, {"name": "x-model", "value": "{{ model }}"}]}}
      """#
    let body = #"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "one two"}]}"#
    try connection.send(
      .post(
        "/v1/chat/completions?interval=40", json: body, headers: [Route.configurationHeader: configuration]))
    let headers = try connection.receiveHead().headers
    #expect(headers["x-b"] == ["2"])
    #expect(headers["x-model"].isEmpty)
    try Self.expectEventsOneByOne(connection)
  }

  private static func expectEventsOneByOne(_ connection: HTTPConnection) throws {
    var pieces: [String] = []
    while let piece = try connection.receivePiece() { pieces.append(String(decoding: piece, as: UTF8.self)) }
    #expect(pieces.first?.contains("[DONE]") == false)
    #expect(pieces.joined().hasSuffix("data: [DONE]\n\n"))
  }

  @Test("a compressed response stays compressed", arguments: EnvoyVersion.allCases)
  func gzip(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(.get("/gzip"), transforming: Self.headersOnly)
    #expect(response.headers["content-encoding"] == ["gzip"])
    #expect(response.body.starts(with: [0x1f, 0x8b]))
  }
}
