import Testing

/// The route is chosen anew by what was read, where the configuration says so.
@Suite("Routing by what was read")
struct RoutingTests {
  /// Where a request is transformed. The names are those of listeners.
  enum Place: String, CaseIterable, Sendable {
    case sidecar, module
  }

  /// What the route depends on. The names begin the requests' paths.
  enum Match: String, CaseIterable, Sendable {
    case header
    case clusterHeader = "cluster-header"
    case metadata
    case path
  }

  private static let gateways = PerVersion { version in try RoutingGateway(version) }

  @Test(
    "a model of the body chooses the upstream", arguments: EnvoyVersion.everyLine,
    Place.allCases.flatMap { place in Match.allCases.map { (place, $0) } })
  func byBody(version: EnvoyVersion, how: (place: Place, match: Match)) throws {
    let gateway = try Self.gateways[version]
    for model in ["large", "small"] {
      let response = try gateway.exchange(
        .post("/anything/\(how.match.rawValue)", json: #"{"model": "\#(model)"}"#), how.place)
      #expect(response.status == 200)
      #expect(response.headers["x-cluster"] == [model])
      #expect(response.headers["x-transformed"] == ["body"], "the transformation stays for the response")
    }
  }

  @Test(
    "a model that the client names in a header does not choose it", arguments: EnvoyVersion.everyLine,
    Place.allCases)
  func spoofed(version: EnvoyVersion, place: Place) throws {
    let gateway = try Self.gateways[version]
    for match in [Match.header, .clusterHeader] {
      let response = try gateway.exchange(
        .post(
          "/anything/\(match.rawValue)", json: #"{"model": "small"}"#, headers: ["x-model": "large"]), place)
      #expect(response.headers["x-cluster"] == ["small"])
    }
  }

  @Test(
    "a body that comes long after its headers, in chunks, chooses the upstream, and the client's header does not",
    arguments: EnvoyVersion.everyLine, Place.allCases)
  func late(version: EnvoyVersion, place: Place) throws {
    let gateway = try Self.gateways[version]
    for (model, claim) in [("large", "small"), ("small", "large")] {
      var request = HTTPRequest.post(
        "/anything/header", json: #"{"model": "\#(model)"}"#, headers: ["x-model": claim])
      request.chunkSize = 8
      let bytes = request.serialized()
      let end = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
      let connection = try gateway.connection(place)
      try connection.send(Array(bytes[..<end]))
      try gateway.waitForRequest(place)
      try connection.send(Array(bytes[end...]))
      #expect(try connection.receive().headers["x-cluster"] == [model])
    }
  }

  @Test(
    "a request without a body is routed by its headers", arguments: EnvoyVersion.everyLine, Place.allCases)
  func withoutBody(version: EnvoyVersion, place: Place) throws {
    let gateway = try Self.gateways[version]
    for listener in ["\(place.rawValue)", "\(place.rawValue)-headers"] {
      let request = HTTPRequest.get("/anything/header", headers: ["x-wanted": "large"])
      #expect(try gateway.exchange(request, listener).headers["x-cluster"] == ["large"])
    }
  }

  @Test(
    "a body that is not sent to the filter does not hold the route", arguments: EnvoyVersion.everyLine,
    Place.allCases)
  func bodyNotRead(version: EnvoyVersion, place: Place) throws {
    let response = try Self.gateways[version].exchange(
      .post("/anything/header", json: "{}", headers: ["x-wanted": "large"]), "\(place.rawValue)-headers")
    #expect(response.headers["x-cluster"] == ["large"])
    #expect(try response.upstream().body == "{}")
  }

  @Test("the route stays where nobody asked", arguments: EnvoyVersion.everyLine, Place.allCases)
  func off(version: EnvoyVersion, place: Place) throws {
    let response = try Self.gateways[version].exchange(
      .post("/anything/header", json: #"{"model": "large"}"#), "\(place.rawValue)-off")
    #expect(response.headers["x-cluster"] == ["small"])
    #expect(try response.upstream().headers["x-model"] == ["large"])
  }

  @Test(
    "the configuration of the new route is not consulted: what was chosen stays",
    arguments: EnvoyVersion.everyLine, Place.allCases)
  func perRoute(version: EnvoyVersion, place: Place) throws {
    let response = try Self.gateways[version].exchange(
      .post("/anything/own", json: #"{"model": "large"}"#), place)
    #expect(response.headers["x-cluster"] == ["large"])
    #expect(response.headers["x-transformed"] == ["body"])
    // Who comes by that route at first has its configuration.
    let own = try Self.gateways[version].exchange(
      .post("/anything/own", json: #"{"model": "small"}"#, headers: ["x-model": "large"]), place)
    #expect(own.headers["x-transformed"] == ["own"])
  }
}

/// Two clusters, whose names are models, before one upstream; routes that choose between them.
private final class RoutingGateway: Sendable {
  private let folder: TemporaryFolder
  private let mockLLM: MockLLM
  private let sidecar: Sidecar
  private let envoy: Envoy

  /// Reads the model from the body, or from a header where there is none.
  private static func transformation(_ clears: Bool, readsBody: Bool = true) -> String {
    let model = readsBody ? "{{ model|default(header('x-wanted')) }}" : "{{ header('x-wanted') }}"
    let body = readsBody ? #""body": {"parseAs": "AsJson"}, "# : ""
    let path =
      "{% if header(':path') == '/anything/path' and model == 'large' %}/anything/new{% else %}{{ header(':path') }}"
      + "{% endif %}"
    return """
      {"request": {"clearRouteCache": \(clears), \(body)
       "set": [{"name": "x-model", "value": "\(model)"}\(readsBody ? #", {"name": ":path", "value": "\#(path)"}"# : "")],
       "dynamicMetadata": [{"namespace": "com.example", "key": "model", "value": {"stringValue": "\(model)"}}]},
       "response": {"set": [{"name": "x-transformed", "value": "body"}]}}
      """.split(separator: "\n").joined()
  }

  private static let own = #"{"response": {"set": [{"name": "x-transformed", "value": "own"}]}}"#

  init(_ version: EnvoyVersion) throws {
    folder = try TemporaryFolder()
    mockLLM = try MockLLM(in: folder)
    sidecar = try Sidecar(configuration: "transformations: {}", in: folder)
    let log = folder.file("access.log")
    envoy = try Envoy(
      version, bootstrap: Self.bootstrap(upstreamPort: mockLLM.port, sidecarSocket: sidecar.socketPath),
      accessLogFile: log, modules: try ModuleFolder.all.path, in: folder)
  }

  func exchange(_ request: HTTPRequest, _ place: RoutingTests.Place) throws -> HTTPResponse {
    try exchange(request, place.rawValue)
  }

  func exchange(_ request: HTTPRequest, _ listener: String) throws -> HTTPResponse {
    try HTTPConnection(port: envoy.port(of: listener)).exchange(request)
  }

  func connection(_ place: RoutingTests.Place) throws -> HTTPConnection {
    try HTTPConnection(port: envoy.port(of: place.rawValue))
  }

  /// Until Envoy has the headers of one.
  func waitForRequest(_ place: RoutingTests.Place) throws {
    try waitFor("a request that is active") {
      try envoy.statistic("http.\(place.rawValue).downstream_rq_active") >= 1 ? true : nil
    }
  }

  private static func bootstrap(upstreamPort: Int, sidecarSocket: String) -> String {
    let variants = [
      ("", transformation(true)), ("-headers", transformation(true, readsBody: false)),
      ("-off", transformation(false)),
    ]
    let listeners = variants.flatMap { suffix, configuration in
      let body = suffix == "-headers" ? ExtProcFilter.BodyMode.none : .buffered
      let sidecar = ExtProcFilter(requestBody: body, responseBody: .none, configuration: configuration)
      let sidecarOwn = """
        \(ExtProcFilter.name): {
          "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute,
          overrides: { grpc_initial_metadata: [ { key: x-swiftformations-config, value: \(quote(own)) } ] }
        }
        """
      return [
        listener("sidecar" + suffix, sidecar.yaml, sidecarOwn),
        listener(
          "module" + suffix, ModuleFilter(configuration: configuration).yaml,
          ModuleFilter(configuration: own).perRouteYAML),
      ]
    }
    let upstream = "socket_address: { address: 127.0.0.1, port_value: \(upstreamPort) }"
    return """
      static_resources:
        listeners: [ \(listeners.joined(separator: ",\n")) ]
        clusters: [
          \(cluster("small", upstream)), \(cluster("large", upstream)),
          \(cluster("sidecar", "pipe: { path: \(quote(sidecarSocket)) }", isHTTP2: true))
        ]

      """
  }

  private static func listener(_ name: String, _ filter: String, _ own: String) -> String {
    let model = "{ name: x-model, string_match: { exact: large } }"
    return """
      { name: \(name), address: { socket_address: { address: 127.0.0.1, port_value: 0 } },
        filter_chains: [ { filters: [ { name: hcm, typed_config: {
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
          stat_prefix: \(name),
          route_config: { virtual_hosts: [ { name: all, domains: ["*"],
            response_headers_to_add: [ { header: { key: x-cluster, value: "%UPSTREAM_CLUSTER%" } } ],
            routes: [
              { match: { prefix: /anything/own, headers: [ \(model) ] }, route: { cluster: large },
                typed_per_filter_config: { \(own) } },
              { match: { prefix: /anything/header, headers: [ \(model) ] }, route: { cluster: large } },
              { match: { prefix: /anything/cluster-header }, route: { cluster_header: x-model } },
              { match: { prefix: /anything/metadata, dynamic_metadata: [
                  { filter: com.example, path: [ { key: model } ], value: { string_match: { exact: large } } } ] },
                route: { cluster: large } },
              { match: { prefix: /anything/new }, route: { cluster: large, prefix_rewrite: /anything/rewritten } },
              { match: { prefix: / }, route: { cluster: small } }
            ] } ] },
          http_filters: [ \(filter), { name: router, typed_config: {
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } } ]
        } } ] } ] }
      """
  }

  private static func cluster(_ name: String, _ address: String, isHTTP2: Bool = false) -> String {
    let options = """
      typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
        explicit_http_config: { http2_protocol_options: {} } } },
      """
    return """
      { name: \(name), connect_timeout: 5s, \(isHTTP2 ? options : "")
        load_assignment: { cluster_name: \(name), endpoints: [ { lb_endpoints: [
          { endpoint: { address: { \(address) } } } ] } ] } }
      """
  }
}
