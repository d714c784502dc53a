import Testing

@Suite("Which transformation applies")
struct SelectionTests {
  @Test("the one that the route names", arguments: EnvoyVersion.allCases, ["first", "second"])
  func byName(version: EnvoyVersion, name: String) throws {
    let seen = try Gateway.shared(version).exchange(.get("/anything"), by: name).upstream()
    #expect(seen.headers["x-chosen"] == [name])
  }

  @Test("the configuration that the route brings", arguments: EnvoyVersion.allCases)
  func byConfiguration(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .get("/anything"), transforming: #"{"request": {"set": [{"name": "x-chosen", "value": "own"}]}}"#
    ).upstream()
    #expect(seen.headers["x-chosen"] == ["own"])
  }

  @Test("the one of the route's name", arguments: EnvoyVersion.allCases, ["first", "second"])
  func byRouteName(version: EnvoyVersion, name: String) throws {
    let seen = try Gateway.shared(version).exchange(.get("/route/\(name)-route/anything")).upstream()
    #expect(seen.headers["x-chosen"] == [name])
  }

  @Test("the default, when nothing else selects one", arguments: EnvoyVersion.allCases)
  func byDefault(version: EnvoyVersion) throws {
    let gateway = try Gateway(
      version, listeners: [.init(name: "buffered", filter: ExtProcFilter())],
      transformations: """
        transformations:
          default: { request: { set: [ { name: x-chosen, value: default } ] } }
          first: { request: { set: [ { name: x-chosen, value: first } ] } }
          other: { request: { set: [ { name: x-chosen, value: other } ] } }
        routes: { "f*": other, "first-*": first }
        """)
    #expect(try gateway.exchange(.get("/anything")).upstream().headers["x-chosen"] == ["default"])
    #expect(
      try gateway.exchange(.get("/route/first-route/anything")).upstream().headers["x-chosen"] == ["first"])
  }

  @Test("none, when there is no default", arguments: EnvoyVersion.allCases, Profile.allCases)
  func none(version: EnvoyVersion, profile: Profile) throws {
    let response = try Gateway.shared(version).exchange(.post("/anything", "hello"), through: profile)
    let seen = try response.upstream()
    #expect(seen.body == "hello")
    #expect(seen.headers["x-chosen"].isEmpty)
  }

  @Test(
    "a name that does not exist fails the request, and Envoy's details say so",
    arguments: EnvoyVersion.allCases)
  func unknownName(version: EnvoyVersion) throws {
    let gateway = try Gateway.shared(version)
    let response = try gateway.exchange(.get("/anything/unknown-name"), by: "third")
    #expect(response.status == 500)
    let details = try #require(try gateway.envoy.accessLogEntry(path: "/anything/unknown-name").details)
    #expect(details.hasPrefix("ext_proc_error_gRPC_error_5"))
  }

  @Test("a configuration that does not compile fails the request", arguments: EnvoyVersion.allCases)
  func badConfiguration(version: EnvoyVersion) throws {
    let gateway = try Gateway.shared(version)
    let response = try gateway.exchange(
      .get("/anything/bad-configuration"),
      transforming: #"{"request": {"set": [{"name": "x-a", "value": "{{ 1 + }}"}]}}"#)
    #expect(response.status == 500)
    let details = try #require(try gateway.envoy.accessLogEntry(path: "/anything/bad-configuration").details)
    #expect(details.hasPrefix("ext_proc_error_gRPC_error_3"))
  }
}
