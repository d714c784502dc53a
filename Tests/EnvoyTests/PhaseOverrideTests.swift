import Testing

/// The filter sends headers only, and the sidecar asks for a body where a transformation reads it.
@Suite("Bodies on request")
struct PhaseOverrideTests {
  private static let gateways = Gateways { version in
    let filter = ExtProcFilter(
      requestBody: .none, responseBody: .none, trailers: false, allowModeOverride: true)
    return try Gateway(
      version, listeners: [.init(name: "on-request", filter: filter)],
      transformations: """
        transformations:
          reads-bodies:
            request: { body: { parseAs: AsJson }, set: [ { name: x-model, value: "{{ model }}" } ] }
            response: { body: { value: "{{ body() }}!" } }
          reads-headers:
            request: { set: [ { name: x-model, value: none } ] }
          reads-bodies-only:
            request: { set: [ { name: x-request, value: "{{ body() | length }}" } ] }
            response: { set: [ { name: x-response, value: "{{ body() | length }}" } ] }
        """, options: ["--allow-mode-override"])
  }

  @Test("a body that is read is asked for", arguments: EnvoyVersion.allCases)
  func asks(version: EnvoyVersion) throws {
    let gateway = try Self.gateways[version]
    let request = HTTPRequest.post("/anything", json: #"{"model": "m"}"#)
    let response = try gateway.exchange(request, through: "on-request", by: "reads-bodies")
    #expect(response.text.hasSuffix("!"))
    #expect(response.text.contains(#"["x-model", "m"]"#))
  }

  @Test("a large body that is not read passes", arguments: EnvoyVersion.allCases)
  func passes(version: EnvoyVersion) throws {
    let text = String(repeating: "0123456789", count: 200_000)
    let response = try Self.gateways[version].exchange(
      .post("/echo", text), through: "on-request", by: "reads-headers")
    #expect(response.status == 200)
    #expect(response.body.count == text.utf8.count)
  }

  @Test(
    "a body over Envoy's buffer that states its length and is only read passes, however fast it comes",
    arguments: EnvoyVersion.allCases)
  func longBodies(version: EnvoyVersion) throws {
    let gateway = try Self.gateways[version]
    let text = String(repeating: "0123456789", count: 200_000)
    for _ in 0..<10 {
      let request = try gateway.exchange(.post("/echo", text), through: "on-request", by: "reads-bodies-only")
      #expect(request.status == 200)
      #expect(request.body.count == text.utf8.count)
      let response = try gateway.exchange(
        .get("/bytes/4000000"), through: "on-request", by: "reads-bodies-only")
      #expect(response.status == 200)
      #expect(response.body.count == 4_000_000)
    }
  }

  @Test("a response's body that is only read is asked for with its headers", arguments: EnvoyVersion.allCases)
  func reads(version: EnvoyVersion) throws {
    let response = try Self.gateways[version].exchange(
      .post("/echo", "hello"), through: "on-request", by: "reads-bodies-only")
    #expect(response.headers["x-response"] == ["5"])
  }
}
