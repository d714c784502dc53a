import Testing

@Suite("Headers through Envoy")
struct HeaderTests {
  @Test("a request header is set, added and removed", arguments: EnvoyVersion.allCases)
  func setAddRemove(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["x-old": "1", "x-debug": "on", "x-kept": "as it was"]),
      transforming: """
        {"request": {"set": [{"name": "x-old", "value": "2"}, {"name": "x-new", "value": "3"}],
                     "add": [{"name": "x-more", "value": "4"}],
                     "remove": ["x-debug"]}}
        """
    ).upstream()
    #expect(seen.headers["x-old"] == ["2"])
    #expect(seen.headers["x-new"] == ["3"])
    #expect(seen.headers["x-more"] == ["4"])
    #expect(seen.headers["x-debug"].isEmpty)
    #expect(seen.headers["x-kept"] == ["as it was"])
  }

  @Test("a repeated header keeps its values when one is added", arguments: EnvoyVersion.allCases)
  func addToRepeated(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["x-twice": "1", "x-twice": "2"]),
      transforming: #"{"request": {"add": [{"name": "X-Twice", "value": "3"}]}}"#
    ).upstream()
    #expect(seen.headers["x-twice"] == ["1", "2", "3"])
  }

  @Test("setting a repeated header leaves one value", arguments: EnvoyVersion.allCases)
  func setRepeated(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["x-twice": "1", "x-twice": "2"]),
      transforming: #"{"request": {"set": [{"name": "x-twice", "value": "{{ header('x-twice') }}+"}]}}"#
    ).upstream()
    #expect(seen.headers["x-twice"] == ["1,2+"])
  }

  @Test("an empty rendering of a set removes the header", arguments: EnvoyVersion.allCases)
  func emptyRemoves(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["x-old": "1"]),
      transforming: #"{"request": {"set": [{"name": "x-old", "value": "{{ header('x-none') }}"}]}}"#
    ).upstream()
    #expect(seen.headers["x-old"].isEmpty)
  }

  @Test("the path is rewritten by its pseudo-header", arguments: EnvoyVersion.allCases)
  func path(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything/old?x=1"),
      transforming:
        #"{"request": {"set": [{"name": ":path", "value": "/anything/new{{ header(':path')[13:] }}"}]}}"#
    ).upstream()
    #expect(seen.path == "/anything/new?x=1")
  }

  @Test("pseudo-headers are read", arguments: EnvoyVersion.allCases)
  func pseudoHeaders(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/anything", headers: ["host": "api.test"]),
      transforming: """
        {"request": {"set": [{"name": "x-seen", "value": "{{ header(':method') }} {{ header(':authority') }}"}]},
         "response": {"set": [{"name": "x-status", "value": "{{ header(':status') }}"}]}}
        """)
    #expect(try response.upstream().headers["x-seen"] == ["GET api.test"])
    #expect(response.headers["x-status"] == ["200"])
  }

  @Test("the status is rewritten by its pseudo-header", arguments: EnvoyVersion.allCases)
  func status(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/status/404"), transforming: #"{"response": {"set": [{"name": ":status", "value": "410"}]}}"#)
    #expect(response.status == 410)
  }

  @Test("response headers are set, added and removed, repeated ones too", arguments: EnvoyVersion.allCases)
  func response(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/response-headers?x-twice=1&x-twice=2&x-old=3&x-debug=on"),
      transforming: """
        {"response": {"set": [{"name": "x-old", "value": "{{ header('x-old') }}!"}],
                      "add": [{"name": "x-twice", "value": "4"}], "remove": ["x-debug"]}}
        """)
    #expect(response.headers["x-twice"] == ["1", "2", "4"])
    #expect(response.headers["x-old"] == ["3!"])
    #expect(response.headers["x-debug"].isEmpty)
  }

  @Test("headers work in every body mode", arguments: EnvoyVersion.allCases, Profile.allCases)
  func everyMode(version: EnvoyVersion, profile: Profile) throws {
    let response = try Gateway.shared(version).exchange(
      .post("/anything", "a body", headers: ["x-in": "1"]), through: profile,
      transforming: """
        {"request": {"set": [{"name": "x-out", "value": "{{ header('x-in') }}2"}]},
         "response": {"set": [{"name": "x-back", "value": "{{ request_header('x-in') }}3"}]}}
        """)
    let seen = try response.upstream()
    #expect(seen.headers["x-out"] == ["12"])
    #expect(seen.body == "a body")
    #expect(response.headers["x-back"] == ["13"])
  }

  @Test("bytes that are not ASCII survive in a header", arguments: EnvoyVersion.allCases)
  func notASCII(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: #"{"city": "Köln"}"#),
      transforming: """
        {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-city", "value": "{{ city }}"}]}}
        """
    ).upstream()
    #expect(seen.headers["x-city"] == ["Köln"])
  }

  @Test(
    "a rendering with a line break removes the header and harms nothing else",
    arguments: EnvoyVersion.allCases)
  func lineBreak(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: #"{"name": "a\r\nx-evil: 1"}"#, headers: ["x-name": "old"]),
      transforming: """
        {"request": {"body": {"parseAs": "AsJson"},
                     "set": [{"name": "x-name", "value": "{{ name }}"}, {"name": "x-good", "value": "1"}]}}
        """
    ).upstream()
    #expect(seen.headers["x-name"].isEmpty)
    #expect(seen.headers["x-evil"].isEmpty)
    #expect(seen.headers["x-good"] == ["1"])
  }
}
