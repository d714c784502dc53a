import Testing

/// What the module does where Envoy does not say where a body ends; that bodies survive other filters in general is the
/// matter of `NeighbourTests`.
@Suite("The dynamic module and the ends of bodies", .serialized)
struct BodyEndTests {
  private static let gateways = PerVersion { try BodyEndGateway($0) }

  // MARK: The last piece

  /// gRPC messages with these texts.
  private static func messages(_ texts: String...) -> [UInt8] {
    texts.flatMap { [0, 0, 0, 0, UInt8($0.utf8.count)] + Array($0.utf8) }
  }

  private static func request(
    _ body: [UInt8], cuts: [Int], framing: ScenarioMessage.Framing = .chunked, type: String = "text/plain"
  ) -> ScenarioMessage {
    var request = ScenarioMessage(start: [":method": "POST", ":path": "/", ":authority": "test"])
    request.headers = [.init("content-type", type)]
    request.body = body
    request.framing = framing
    request.delivery = .init(cuts: cuts, arrivesApart: true)
    return request
  }

  @Test(
    "a body that passes behind or before a filter that has waited arrives whole, or is refused",
    arguments: EnvoyVersion.everyLine, ["waits, passes", "passes, waits"])
  func waited(version: EnvoyVersion, listener: String) throws {
    let gateway = try Self.gateways[version]
    let text = Array("the first part, the second part".utf8)
    let known = [
      Self.request(text, cuts: [10], framing: .length),
      Self.request(Self.messages("hello", "you", "there"), cuts: [7], type: "application/grpc"),
    ]
    for request in known {
      let response = try gateway.exchange(request, through: listener)
      #expect(response.start[":status"] == "200")
      #expect(gateway.upstream.taken.requests.map(\.message.body) == [request.body])
    }
    // No length, no messages: if the filter let a piece go before the last one came, nothing tells on 1.36 and 1.37 where
    // that begins.
    for cuts in [[10], [5, 10, 20]] {
      let response = try gateway.exchange(Self.request(text, cuts: cuts), through: listener)
      let arrived = gateway.upstream.taken.requests.map(\.message.body)
      if !version.isBefore1_38 || response.start[":status"] == "200" {
        #expect(arrived == [text] && response.start[":status"] == "200")
      } else {
        #expect(response.start[":status"] == "500" && arrived.isEmpty)
        #expect(String(decoding: response.body, as: UTF8.self).contains("last_piece_unknown"))
      }
    }
  }

  // MARK: Trailers

  @Test(
    "a gRPC answer of a call that failed keeps its status, and is given no message",
    arguments: EnvoyVersion.everyLine,
    ["reads", "rebuilds", "replaces"])
  func withoutMessage(version: EnvoyVersion, listener: String) throws {
    let gateway = try Self.gateways[version]
    var answer = ScenarioMessage(start: [":status": "200"])
    answer.headers = [.init("content-type", "application/grpc")]
    answer.framing = .chunked
    answer.trailers = [.init("grpc-status", "7"), .init("grpc-message", "no")]
    var request = Self.request(Self.messages("hello"), cuts: [], type: "application/grpc")
    request.headers.append(.init("te", "trailers"))
    let response = try gateway.exchange(request, answer: answer, through: listener)
    #expect(response.start[":status"] == "200")
    #expect(response.trailers == answer.trailers)
    let bodies = ["reads": "", "rebuilds": "", "replaces": "new"]
    #expect(String(decoding: response.body, as: UTF8.self) == bodies[listener])
  }
}

extension EnvoyVersion {
  fileprivate var isBefore1_38: Bool { self == .oldest || self == .v1_37 }
}

/// An Envoy that speaks HTTP/2 both ways, with a server for its upstream and one for ext_authz.
private final class BodyEndGateway: Sendable {
  private static let waits = """
    { name: authz, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz, transport_api_version: V3,
      http_service: { server_uri: { uri: "http://authorization", cluster: authorization, timeout: 5s } }
    } }
    """
  private static let chains = [
    "waits, passes": [waits, ModuleFilter().yaml], "passes, waits": [ModuleFilter().yaml, waits],
    "reads": [
      ModuleFilter(
        configuration: #"{"response": {"set": [{"name": "x-read", "value": "[{{ body() }}]"}]}}"#
      ).yaml
    ],
    "rebuilds": [ModuleFilter(configuration: #"{"response": {"body": {"value": "[{{ body() }}]"}}}"#).yaml],
    "replaces": [ModuleFilter(configuration: #"{"response": {"body": {"value": "new"}}}"#).yaml],
  ]

  let upstream: ScriptedServer
  private let authorization: ScriptedServer
  private let envoy: Envoy
  private let folder: TemporaryFolder

  init(_ version: EnvoyVersion) throws {
    folder = try TemporaryFolder()
    upstream = try ScriptedServer()
    authorization = try ScriptedServer()
    let clusters = [
      ("upstream", upstream.port, "http2_protocol_options: {}"),
      ("authorization", authorization.port, "http_protocol_options: {}"),
    ].map { name, port, options in
      ParityBootstrap.cluster(
        name, "socket_address: { address: 127.0.0.1, port_value: \(port) }",
        "typed_extension_protocol_options: { \(ParityBootstrap.protocolOptions(options)) },")
    }
    let bootstrap = """
      static_resources:
        listeners: [ \(Self.chains.map(Self.listener).joined(separator: ",\n")) ]
        clusters: [ \(clusters.joined(separator: ",\n")) ]

      """
    envoy = try Envoy(version, bootstrap: bootstrap, modules: try ModuleFolder.all.path, in: folder)
  }

  /// On a connection of its own.
  func exchange(
    _ request: ScenarioMessage, answer: ScenarioMessage = .init(start: [":status": "200"], framing: .length),
    through listener: String
  ) throws -> ScenarioMessage {
    upstream.script([answer])
    authorization.script([.init(start: [":status": "200"], framing: .length)])
    let wire = try HTTP2Wire(port: try envoy.port(of: listener), seconds: 10)
    return try wire.receiveResponse(on: try wire.sendRequest(request))
  }

  private static func listener(_ name: String, _ filters: [String]) -> String {
    """
    { name: \(quote(name)),
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } },
      filter_chains: [ { filters: [ { name: hcm, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
        stat_prefix: http,
        route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [
          { match: { prefix: "/" }, route: { cluster: upstream } }
        ] } ] },
        http_filters: [
          \(filters.map { $0 + "," }.joined(separator: "\n"))
          { name: router, typed_config: {
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          } }
        ]
      } } ] } ] }
    """
  }
}
