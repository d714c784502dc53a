import Testing

/// One library serves every line of Envoy, however the configuration is handed over.
@Suite("The dynamic module in every line of Envoy")
struct ModuleTests {
  /// Written for the Rust filter.
  private static let rustConfiguration = #"""
    {"request": {"set": [{"name": "x-model", "value": "{{ model }}"}],
                 "add": [{"name": "x-from", "value": "{{ header('x-user') }}"}],
                 "remove": ["x-debug"],
                 "body": {"parseAs": "AsJson", "value": "{\"model\": \"{{ model }}\", \"user\": \"{{ raw_string(header('x-user')) }}\"}"},
                 "dynamicMetadata": [{"namespace": "com.example", "key": "user", "value": {"stringValue": "{{ header('x-user') }}"}}]},
     "response": {"set": [{"name": "x-for", "value": "{{ request_header('x-user') }}"}]},
     "a field of tomorrow": {"is": ["ignored"]}}
    """#

  private static let routeConfiguration = #"{"request": {"set": [{"name": "x-route", "value": "own"}]}}"#

  private static let gateways = Gateways { version in
    var listeners = ModuleFilter.ConfigurationType.allCases.map { type in
      EnvoyConfiguration.Listener(
        name: type.rawValue, module: ModuleFilter(type: type, configuration: rustConfiguration),
        moduleOfRoute: ModuleFilter(type: type, configuration: routeConfiguration))
    }
    listeners += ["http_simple_mutations", "rustformation"].map { name in
      EnvoyConfiguration.Listener(
        name: name,
        module: ModuleFilter(library: "rust_module", filterName: name, configuration: rustConfiguration),
        moduleOfRoute: ModuleFilter(
          library: "rust_module", filterName: name, configuration: routeConfiguration))
    }
    listeners.append(
      .init(
        name: "headers",
        module: ModuleFilter(configuration: #"{"response": {"set": [{"name": "x-a", "value": "b"}]}}"#)))
    return try Gateway(version, listeners: listeners)
  }

  private static let listeners =
    ModuleFilter.ConfigurationType.allCases.map(\.rawValue) + ["http_simple_mutations", "rustformation"]

  @Test(
    "a configuration for the Rust filter is served unchanged, by any name and in any type",
    arguments: EnvoyVersion.everyLine, listeners)
  func served(version: EnvoyVersion, listener: String) throws {
    let gateway = try Self.gateways[version]
    let path = "/anything/\(listener)"
    let response = try gateway.exchange(
      .post(path, json: #"{"model": "m", "other": 1}"#, headers: ["x-user": "\"Ann\"", "x-debug": "on"]),
      through: listener)
    let seen = try response.upstream()
    #expect(seen.headers["x-model"] == ["m"])
    #expect(seen.headers["x-from"] == ["\"Ann\""])
    #expect(seen.headers["x-debug"].isEmpty)
    #expect(seen.body == #"{"model": "m", "user": "\"Ann\""}"#)
    #expect(response.headers["x-for"] == ["\"Ann\""])
    #expect(try gateway.envoy.accessLogEntry(path: path).metadata == ["user": .string("\"Ann\"")])
  }

  @Test(
    "a route's own configuration takes the filter's place", arguments: EnvoyVersion.everyLine, listeners)
  func route(version: EnvoyVersion, listener: String) throws {
    let response = try Self.gateways[version].exchange(
      .post("/route/first-route/anything", "not JSON", headers: ["x-debug": "on"]), through: listener)
    let seen = try response.upstream()
    #expect(seen.headers["x-route"] == ["own"])
    #expect(seen.headers["x-debug"] == ["on"])
    #expect(seen.body == "not JSON")
    #expect(response.headers["x-for"].isEmpty)
  }

  @Test("a response that no template reads is not held up", arguments: EnvoyVersion.everyLine)
  func streams(version: EnvoyVersion) throws {
    let gateway = try Self.gateways[version]
    let large = try gateway.exchange(.get("/bytes/3000000"), through: "headers")
    #expect(large.headers["x-a"] == ["b"])
    #expect(large.body.count == 3_000_000)

    let connection = try HTTPConnection(port: gateway.envoy.port(of: "headers"))
    let body = #"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "one two"}]}"#
    try connection.send(.post("/v1/chat/completions?interval=40", json: body))
    #expect(try connection.receiveHead().headers["x-a"] == ["b"])
    var pieces: [String] = []
    while let piece = try connection.receivePiece() { pieces.append(String(decoding: piece, as: UTF8.self)) }
    #expect(pieces.first?.contains("[DONE]") == false)
    #expect(pieces.joined().hasSuffix("data: [DONE]\n\n"))
  }

  @Test("what was done is in Envoy's statistics", arguments: EnvoyVersion.everyLine)
  func statistics(version: EnvoyVersion) throws {
    let gateway = try Self.gateways[version]
    let response = try gateway.exchange(.post("/anything", json: "{not JSON"), through: "StringValue")
    #expect(response.status == 400)
    _ = try gateway.exchange(.get("/anything"), through: "headers")
    for name in ["responses_transformed", "failures.*body_not_json", "refusals.*body_not_json"] {
      // A worker's counts are gathered now and then.
      try waitFor("\(name) in the statistics") {
        try gateway.envoy.statistic("dynamicmodulescustom.swiftformations.\(name)") >= 1 ? true : nil
      }
    }
  }
}
