import Testing

@Suite("Bodies through Envoy")
struct BodyTests {
  /// The profiles in which a body can be collected.
  static let collecting: [Profile] = [.buffered, .bufferedPartial, .overridable]

  @Test(
    "a body is rewritten longer, and its content-length follows", arguments: EnvoyVersion.allCases, collecting
  )
  func longer(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", "hello"), through: profile,
      transforming: #"{"request": {"body": {"value": "{{ body() }} and {{ body() }}"}}}"#
    ).upstream()
    #expect(seen.body == "hello and hello")
    #expect(seen.framesCorrectly)
  }

  @Test("a body is rewritten shorter", arguments: EnvoyVersion.allCases, collecting)
  func shorter(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", "hello"), through: profile,
      transforming: #"{"request": {"body": {"value": "{{ body()[:1] }}"}}}"#
    ).upstream()
    #expect(seen.body == "h")
    #expect(seen.framesCorrectly)
  }

  @Test("a body is rewritten to nothing", arguments: EnvoyVersion.allCases, collecting)
  func toNothing(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", "hello"), through: profile,
      transforming: #"{"request": {"body": {"value": "{% if body() == 'bye' %}kept{% endif %}"}}}"#
    ).upstream()
    #expect(seen.body == "")
    #expect(seen.framesCorrectly)
  }

  @Test("a request without a body gets one", arguments: EnvoyVersion.allCases, collecting + [.headersOnly])
  func fromNothing(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["x-name": "world"]), through: profile,
      transforming: #"{"request": {"body": {"value": "hello {{ header('x-name') }}"}}}"#
    ).upstream()
    #expect(seen.body == "hello world")
    #expect(seen.framesCorrectly)
  }

  @Test("a chunked body is rewritten", arguments: EnvoyVersion.allCases, collecting)
  func chunked(version: EnvoyVersion, profile: Profile) throws {
    var request = HTTPRequest.post("/anything", String(repeating: "abc", count: 1000))
    request.chunkSize = 100
    let seen = try Gateway.shared(version).exchange(
      request, through: profile, transforming: #"{"request": {"body": {"value": "{{ body() | length }}"}}}"#
    ).upstream()
    #expect(seen.body == "3000")
    #expect(seen.framesCorrectly)
  }

  @Test("a field of the JSON body becomes a header", arguments: EnvoyVersion.allCases, collecting)
  func fieldToHeader(version: EnvoyVersion, profile: Profile) throws {
    let body = #"{"model": "gpt-4o", "messages": []}"#
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: body), through: profile,
      transforming: """
        {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}}
        """
    ).upstream()
    #expect(seen.headers["x-model"] == ["gpt-4o"])
    #expect(seen.body == body)
  }

  @Test("a header becomes a field of the JSON body", arguments: EnvoyVersion.allCases, collecting)
  func headerToField(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: #"{"model": "m", "n": 1.0}"#, headers: ["x-user": #"Ann "the" Admin"#]),
      through: profile,
      transforming: #"""
        {"request": {"body": {"parseAs": "AsJson",
          "value": "{\"model\": {{ model | tojson }}, \"n\": {{ n }}, \"user\": \"{{ raw_string(header('x-user')) }}\"}"}}}
        """#
    ).upstream()
    #expect(seen.body == #"{"model": "m", "n": 1.0, "user": "Ann \"the\" Admin"}"#)
    #expect(seen.framesCorrectly)
  }

  @Test("a response is transformed from request headers", arguments: EnvoyVersion.allCases, collecting)
  func responseFromRequest(version: EnvoyVersion, profile: Profile) throws {
    let response = try Gateway.shared(version).exchange(
      .post("/echo", json: #"{"answer": 42}"#, headers: ["x-user": "Ann"]), through: profile,
      transforming: #"""
        {"response": {"body": {"parseAs": "AsJson", "value": "{{ request_header('x-user') }}: {{ answer }}"},
                      "set": [{"name": "x-for", "value": "{{ request_header('x-user') }}"}]}}
        """#)
    #expect(response.text == "Ann: 42")
    #expect(response.headers["x-for"] == ["Ann"])
  }

  @Test("both directions are transformed", arguments: EnvoyVersion.allCases, collecting)
  func bothDirections(version: EnvoyVersion, profile: Profile) throws {
    let response = try Gateway.shared(version).exchange(
      .post("/echo", "a"), through: profile,
      transforming: """
        {"request": {"body": {"value": "{{ body() }}b"}}, "response": {"body": {"value": "{{ body() }}c"}}}
        """)
    #expect(response.text == "abc")
  }

  @Test("the answer to HEAD keeps its headers and gets no body", arguments: EnvoyVersion.allCases)
  func head(version: EnvoyVersion) throws {
    let request = HTTPRequest(method: "HEAD", path: "/anything", headers: [:])
    let response = try Gateway.shared(version).exchange(
      request,
      transforming: #"{"response": {"body": {"value": "a body"}, "set": [{"name": "x-a", "value": "b"}]}}"#)
    #expect(response.status == 200)
    #expect(response.headers["x-a"] == ["b"])
  }

  @Test("a 204 is given no body", arguments: EnvoyVersion.allCases)
  func noContent(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/status/204"),
      transforming: #"{"response": {"body": {"value": "a body"}, "set": [{"name": "x-a", "value": "b"}]}}"#)
    #expect(response.status == 204)
    #expect(response.headers["x-a"] == ["b"])
    #expect(response.body.isEmpty)
  }

  @Test(
    "what the upstream answers to errors is transformed too", arguments: EnvoyVersion.allCases,
    [400, 404, 503])
  func upstreamErrors(version: EnvoyVersion, code: Int) throws {
    let response = try Gateway.shared(version).exchange(
      .post("/echo?status=\(code)", json: #"{"error": {"message": "out of order"}}"#),
      transforming: #"""
        {"response": {"body": {"parseAs": "AsJson", "value": "{\"detail\": {{ error.message | tojson }}}"}}}
        """#)
    #expect(response.status == code)
    #expect(response.text == #"{"detail": "out of order"}"#)
  }

  @Test("trailers pass beside a rewritten body", arguments: EnvoyVersion.allCases, [Profile.buffered])
  func trailers(version: EnvoyVersion, profile: Profile) throws {
    var request = HTTPRequest.post("/anything", "hello")
    request.trailers = ["x-checksum": "42"]
    let seen = try Gateway.shared(version).exchange(
      request, through: profile, transforming: #"{"request": {"body": {"value": "{{ body() }}!"}}}"#
    ).upstream()
    #expect(seen.body == "hello!")
    #expect(seen.trailers == ["x-checksum": "42"])
  }

  @Test("a large body is rewritten", arguments: EnvoyVersion.allCases)
  func large(version: EnvoyVersion) throws {
    let text = String(repeating: "0123456789", count: 90_000)
    let response = try Gateway.shared(version).exchange(
      .post("/echo", json: #"{"text": "\#(text)"}"#),
      transforming: #"{"request": {"body": {"parseAs": "AsJson", "value": "{{ text }}{{ text[:3] }}"}}}"#)
    #expect(response.status == 200)
    #expect(response.text == text + "012")
  }
}

extension UpstreamView {
  /// The framing header of the request fits its body; Envoy may have made it chunked.
  fileprivate var framesCorrectly: Bool {
    headers["content-length"] == [String(body.utf8.count)]
      || headers["content-length"].isEmpty && (headers["transfer-encoding"] == ["chunked"] || body.isEmpty)
  }
}
