import Testing

/// The routes of `Tests/Fixtures/kgateway`: as the first ones, after an update, and after a restart.
@Suite("In the place of kgateway's Rust module")
struct DropInTests {
  /// Served the first routes, then the second ones.
  private static let updated = PerVersion { version in
    let gateway = try DropInGateway(version, routes: "first.yaml")
    let known = try gateway.exchange(.get("/anything"), host: "none").status
    let unknown = try gateway.exchange(.get("/anything"), host: "new").status
    guard known == 200, unknown == 404 else { throw Failure("the first routes: \(known), \(unknown)") }
    guard try gateway.update(DropInGateway.fixture("second.yaml")) else {
      throw Failure("the second routes were rejected")
    }
    return gateway
  }
  /// Started with the second ones.
  private static let restarted = PerVersion { try DropInGateway($0, routes: "second.yaml") }

  enum Life: String, CaseIterable, Sendable { case updated, restarted }

  private static func gateway(_ version: EnvoyVersion, _ life: Life) throws -> DropInGateway {
    switch life {
    case .updated: try updated[version]
    case .restarted: try restarted[version]
    }
  }

  @Test("routes without a fault serve", arguments: EnvoyVersion.everyLine, Life.allCases)
  func right(version: EnvoyVersion, life: Life) throws {
    let gateway = try Self.gateway(version, life)
    let plain = try gateway.exchange(.post("/anything", "as it is"), host: "none").upstream()
    #expect(plain.body == "as it is")
    let json = try gateway.exchange(
      .post("/anything", json: #"{"model": "m"}"#, headers: ["x-user": "ann", "x-debug": "1"]), host: "json")
    #expect(try json.upstream().headers["x-model"] == ["m"])
    #expect(try json.upstream().headers["x-debug"].isEmpty)
    #expect(json.headers["x-foo-response"] == ["ann"])
    let new = try gateway.exchange(.get("/anything", headers: ["x-user": "ann"]), host: "new").upstream()
    #expect(new.headers["x-new"] == ["ann"])
  }

  @Test("a JSON field that nothing parses answers 400", arguments: EnvoyVersion.everyLine, Life.allCases)
  func field(version: EnvoyVersion, life: Life) throws {
    let gateway = try Self.gateway(version, life)
    let path = "/anything/field-\(life)"
    let response = try gateway.exchange(.post(path, json: "{}"), host: "field")
    #expect(response.status == 400)
    #expect(response.text.contains("no_json_body"))
    // 1.36 tells no details of a module's answer.
    let details = try gateway.envoy.accessLogEntry(path: path).details
    #expect(version == .oldest || details == "swiftformations{transformation=default,reason=no_json_body}")
    try waitFor("the errors are counted") {
      try gateway.envoy.statistic("dynamicmodulescustom.swiftformations.configuration_faults") >= 5
        ? true : nil
    }
  }

  @Test("rules that can only fail fail alone", arguments: EnvoyVersion.everyLine, Life.allCases)
  func faulty(version: EnvoyVersion, life: Life) throws {
    let gateway = try Self.gateway(version, life)
    let function = try gateway.exchange(
      .post("/anything", "body", headers: ["x-user": "ann", "x-count": "1"]), host: "function"
    ).upstream()
    #expect(function.headers["x-count"].isEmpty && function.headers["x-next"] == ["set"])
    #expect(function.body == "body")
    let headers = try gateway.exchange(.post("/anything", "body"), host: "headers").upstream()
    #expect(headers.headers["x-next"] == ["set"] && headers.body == "body")
    let log = gateway.envoy.process.log
    #expect(log.contains("unknown function `length`") || log.contains("`length` is a filter"), "\(log)")
    #expect(log.contains("`x bad` is not a header name"))
  }

  @Test("kgateway's newer words", arguments: EnvoyVersion.everyLine, Life.allCases)
  func words(version: EnvoyVersion, life: Life) throws {
    let gateway = try Self.gateway(version, life)
    let path = "/anything/metadata-\(life)"
    _ = try gateway.exchange(.get(path, headers: ["x-user": "ann"]), host: "metadata").upstream()
    #expect(
      try gateway.envoy.accessLogEntry(path: path).metadata
        == ["user": .string("ann"), "plain": .string("ann!")])
    let cookies = try gateway.exchange(
      .get("/anything", headers: ["cookie": #"session=low; Session="high""#]), host: "cookies")
    #expect(try cookies.upstream().headers["x-exact"] == [#""high""#])
    #expect(try cookies.upstream().headers["x-any"] == ["low"])
    #expect(cookies.headers["x-cookie"] == [#""high""#])
    let secrets = try gateway.exchange(.get("/anything"), host: "secrets").upstream()
    #expect(secrets.headers["authorization"] == ["Basic YW5uOmhpZGRlbi05"])
    #expect(!gateway.envoy.process.log.contains("hidden-9"))
  }

  @Test(
    "an access list, which the module has not, refuses its own route alone",
    arguments: EnvoyVersion.everyLine,
    Life.allCases)
  func accessList(version: EnvoyVersion, life: Life) throws {
    let gateway = try Self.gateway(version, life)
    for _ in 0..<2 {
      let response = try gateway.exchange(.get("/anything"), host: "acl")
      #expect(response.status == 500)
      #expect(response.text.contains("missing_filter"))
    }
    let lines = gateway.envoy.process.log.split(separator: "\n")
    #expect(lines.count { $0.contains("per_route_config_name: `http-acl`") } == 1)
  }

  @Test("a route may name its filter as Envoy 1.38 does", arguments: EnvoyVersion.since38)
  func filterName(version: EnvoyVersion) throws {
    let gateway = try DropInGateway(version, routes: "first.yaml")
    let second = try DropInGateway.fixture("second.yaml").split(separator: "\n")
    let text = second.filter { !$0.contains("filterName:") }.map {
      $0.replacing("perRouteConfigName:", with: "filterName:")
    }
    #expect(try gateway.update(text.joined(separator: "\n")))
    let new = try gateway.exchange(.get("/anything", headers: ["x-user": "ann"]), host: "new").upstream()
    #expect(new.headers["x-new"] == ["ann"])
    #expect(try gateway.exchange(.get("/anything"), host: "acl").status == 500)
  }

  @Test("what does not parse is rejected, and the old routes go on", arguments: EnvoyVersion.everyLine)
  func rejected(version: EnvoyVersion) throws {
    let gateway = try DropInGateway(version, routes: "second.yaml")
    let broken = try DropInGateway.fixture("second.yaml").replacing(
      #"{{ header(\"x-user\") }}"#, with: #"{{ header(\"x-user\" }}"#)
    #expect(try !gateway.update(broken))
    #expect(try gateway.exchange(.get("/anything"), host: "none").status == 200)
  }
}

extension EnvoyVersion {
  /// Those that know `filter_name` in a route's configuration.
  fileprivate static let since38: [EnvoyVersion] = [.v1_38, .v1_39, .newest]
}
