import ConfigurationFiles

@testable import swiftformations

/// Envoy's bootstrap with a listener for each scenario and deployment. In YAML's flow style, which does not care how
/// deep a part is nested.
struct ParityBootstrap {
  /// Those that may be written, and that are looked at.
  static let namespaces = ["com.example", "com.elsewhere"]

  let upstreamPort: Int
  let sidecarSocket: String
  let folder: String
  let accessLogFile: String

  static func listenerName(_ scenario: Scenario, _ deployment: ParityGateway.Deployment) -> String {
    "\(deployment.rawValue): \(scenario.name)"
  }

  func yaml(_ scenarios: [Scenario]) throws -> String {
    var listeners: [String] = []
    var clusters = [
      Self.cluster(
        "upstream", "socket_address: { address: 127.0.0.1, port_value: \(upstreamPort) }",
        "typed_extension_protocol_options: { \(Self.protocolOptions("http_protocol_options: { enable_trailers: true }")) },"
      ),
      Self.cluster(
        "sidecar", "pipe: { path: \(quote(sidecarSocket)) }",
        "typed_extension_protocol_options: { \(Self.protocolOptions("http2_protocol_options: {}")) },"),
    ]
    for (number, scenario) in scenarios.enumerated() {
      for deployment in ParityGateway.Deployment.allCases {
        let name = Self.listenerName(scenario, deployment)
        let chain = try chain(scenario, deployment)
        guard scenario.usesTLS else {
          listeners.append(listener(name, Self.freePort, chain))
          continue
        }
        // Envoy is the TLS client too: what it accepts here in the clear, it sends to the listener behind.
        let pipe = "pipe: { path: \(quote("\(folder)/tls-\(deployment.rawValue)-\(number)")) }"
        let behind = "behind \(name)"
        clusters.append(Self.cluster(behind, pipe, "transport_socket: \(ParityCertificates.clientSocket),"))
        listeners.append(listener(name, Self.freePort, "filters: [ \(proxy(to: behind)) ]"))
        listeners.append(
          listener(
            behind, pipe, "\(chain), transport_socket: \(ParityCertificates.serverSocket)",
            ParityCertificates.inspector))
      }
    }
    return """
      static_resources:
        listeners: [
          \(listeners.joined(separator: ",\n"))
        ]
        clusters: [
          \(clusters.joined(separator: ",\n"))
        ]

      """
  }

  // MARK: Listeners

  private static let freePort = "socket_address: { address: 127.0.0.1, port_value: 0 }"

  private func listener(_ name: String, _ address: String, _ chain: String, _ options: String = "") -> String
  {
    """
    { name: \(quote(name)), address: { \(address) }, \(options) filter_chains: [ { \(chain) } ] }
    """
  }

  private func proxy(to cluster: String) -> String {
    """
    { name: tcp, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy,
      stat_prefix: tcp, cluster: \(quote(cluster))
    } }
    """
  }

  private func chain(_ scenario: Scenario, _ deployment: ParityGateway.Deployment) throws -> String {
    """
    filters: [ { name: hcm, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
      stat_prefix: http,
      generate_request_id: false,
      server_header_transformation: PASS_THROUGH,
      http_protocol_options: { enable_trailers: true },
      upgrade_configs: [ { upgrade_type: websocket } ],
      access_log: [ { name: file, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
        path: \(quote(accessLogFile)),
        log_format: { json_format: {
          listener: \(quote(Self.listenerName(scenario, deployment))), \(ParityLogEntry.yaml)
        } }
      } } ],
      route_config: {
        request_headers_to_remove: [x-forwarded-proto],
        virtual_hosts: [ { name: all, domains: ["*"], routes: [
          \(try routes(scenario, deployment).joined(separator: ", "))
        ] } ]
      },
      http_filters: [
        \(try Self.filter(scenario.configuration, deployment)),
        { name: router, typed_config: {
          "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true
        } }
      ]
    } } ]
    """
  }

  private func routes(_ scenario: Scenario, _ deployment: ParityGateway.Deployment) throws -> [String] {
    let direct = """
      { match: { prefix: /direct }, direct_response: { status: 418, body: { inline_string: "Envoy's own" } } }
      """
    return try [direct]
      + (Scenario.routeNames + [Scenario.otherRoute]).map { name in
        let prefix = name == Scenario.otherRoute ? "/" : "/\(name)"
        let own = try scenario.perRoute[name].map {
          "typed_per_filter_config: { \(try perRoute($0, deployment)) }"
        }
        return "{ name: \(name), match: { prefix: \(prefix) }, route: { cluster: upstream }, \(own ?? "") }"
      }
  }

  // MARK: The transformation

  static let filterName = "transformation"

  /// The filter of ours with the text of a configuration file.
  static func filter(
    _ configuration: String, _ deployment: ParityGateway.Deployment, name: String = filterName
  ) throws -> String {
    switch deployment {
    case .module:
      try ModuleFilter(name: name, configuration: json(configuration)).yaml
    case .sidecar:
      """
      { name: \(name), typed_config: {
        "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor,
        grpc_service: {
          envoy_grpc: { cluster_name: sidecar }, initial_metadata: [ \(try metadata(configuration)) ]
        },
        message_timeout: 10s,
        allow_mode_override: true,
        mutation_rules: { allow_all_routing: true, allow_envoy: true },
        request_attributes: [xds.route_name, \(ParityCertificates.attributes.joined(separator: ", "))],
        metadata_options: { receiving_namespaces: { untyped: [\(namespaces.joined(separator: ", "))] } },
        processing_mode: {
          request_header_mode: SEND, request_body_mode: BUFFERED, request_trailer_mode: SEND,
          response_header_mode: SEND, response_body_mode: BUFFERED, response_trailer_mode: SEND
        }
      } }
      """
    }
  }

  private func perRoute(_ configuration: String, _ deployment: ParityGateway.Deployment) throws -> String {
    switch deployment {
    case .module:
      try ModuleFilter(name: Self.filterName, configuration: Self.json(configuration)).perRouteYAML
    case .sidecar:
      """
      \(Self.filterName): {
        "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute,
        overrides: { grpc_initial_metadata: [ \(try Self.metadata(configuration)) ] }
      }
      """
    }
  }

  /// The gRPC header that hands a configuration over. Envoy reads `%` as the start of a command operator.
  private static func metadata(_ configuration: String) throws -> String {
    let text = try json(configuration).split(separator: "\n").map { $0.drop { $0 == " " } }
      .joined(separator: " ").replacing("%", with: "%%")
    return "{ key: x-swiftformations-config, value: \(quote(text)) }"
  }

  /// The text of a configuration file as JSON, all in ASCII.
  static func json(_ text: String) throws -> String {
    let file = ConfigurationFile(name: "scenario", bytes: Array(text.utf8))
    guard let node = file.node, file.configuration != nil else { throw Failure(file.report()) }
    return node.jsonText.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return unit < 0x80
        ? String(UnicodeScalar(UInt8(unit)))
        : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }

  // MARK: Clusters

  static func protocolOptions(_ options: String) -> String {
    """
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
      explicit_http_config: { \(options) }
    }
    """
  }

  static func cluster(_ name: String, _ address: String, _ options: String) -> String {
    """
    {
      name: \(quote(name)), connect_timeout: 5s, \(options)
      load_assignment: { cluster_name: \(quote(name)), endpoints: [ { lb_endpoints: [
        { endpoint: { address: { \(address) } } }
      ] } ] }
    }
    """
  }
}
