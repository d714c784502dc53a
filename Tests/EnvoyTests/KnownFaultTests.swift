import Testing

/// Those of the Rust filter's known faults that only show with an Envoy; the others are in TransformationTests.
@Suite("Known faults of the Rust filter, through Envoy")
struct KnownFaultTests {
  @Test("4: a name that nothing has is refused, and all else is served on", arguments: EnvoyVersion.allCases)
  func unknownName(version: EnvoyVersion) throws {
    let gateway = try Gateway.shared(version)
    #expect(try gateway.exchange(.get("/anything/known-fault"), by: "no-such-name").status == 500)
    #expect(try gateway.exchange(.get("/anything"), by: "first").upstream().headers["x-chosen"] == ["first"])
  }

  @Test("9: `add` keeps the values that a header has", arguments: EnvoyVersion.allCases)
  func add(version: EnvoyVersion) throws {
    var request = HTTPRequest.get("/anything")
    request.headers.add("x-many", "one")
    request.headers.add("x-many", "two")
    let seen = try Gateway.shared(version).exchange(
      request, transforming: #"{"request": {"add": [{"name": "x-many", "value": "three"}]}}"#
    ).upstream()
    #expect(seen.headers["x-many"] == ["one", "two", "three"])
  }

  @Test("10: the same build serves every Envoy")
  func oneBuild() throws {
    for version in EnvoyVersion.allCases {
      let seen = try Gateway.shared(version).exchange(.get("/anything"), by: "second").upstream()
      #expect(seen.headers["x-chosen"] == ["second"])
    }
  }
}
