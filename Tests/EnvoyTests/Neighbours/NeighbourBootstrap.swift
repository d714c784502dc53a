/// Envoy's bootstrap with a listener for each chain, transformation and deployment, in YAML's flow style.
struct NeighbourBootstrap {
  let upstreamPort: Int
  let mirrorPort: Int
  let authorizationPort: Int
  let sidecarSocket: String

  /// Without any filter.
  static let plainListenerName = "plain"

  static func listenerName(
    _ chain: NeighbourChain, _ transformation: NeighbourTransformation, _ deployment: ParityGateway.Deployment
  ) -> String {
    "\(deployment.rawValue); \(chain.name); \(transformation.name)"
  }

  func yaml(
    _ chains: [NeighbourChain], _ transformations: [NeighbourTransformation], _ files: NeighbourFiles
  ) throws -> String {
    var listeners = [listener(Self.plainListenerName, [], route: "", perFilter: "")]
    for chain in chains {
      for transformation in transformations where chain.takes(transformation) {
        for deployment in chain.deployments {
          let filters = try chain.filters.map { try filter($0, transformation, deployment, files) + "," }
          listeners.append(
            listener(
              Self.listenerName(chain, transformation, deployment), filters, route: chain.route ?? "",
              perFilter: chain.perFilter ?? ""))
        }
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

  private func listener(
    _ name: String, _ filters: [String], route: String, perFilter: String
  ) -> String {
    let hosts = [("h1.test", "upstream"), ("h2.test", "upstream-h2")].map { host, cluster in
      """
      { name: \(cluster), domains: ["\(host)"], routes: [ {
        match: { prefix: "/" }, route: { cluster: \(cluster), \(route) },
        typed_per_filter_config: { \(perFilter) }
      } ] }
      """
    }
    return """
      { name: \(quote(name)),
        address: { socket_address: { address: 127.0.0.1, port_value: 0 } },
        filter_chains: [ { filters: [ { name: hcm, typed_config: {
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
          stat_prefix: http, generate_request_id: false, server_header_transformation: PASS_THROUGH,
          http_protocol_options: { enable_trailers: true },
          route_config: { virtual_hosts: [ \(hosts.joined(separator: ", ")) ] },
          http_filters: [
            \(filters.joined(separator: "\n"))
            { name: router, typed_config: {
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true
            } }
          ]
        } } ] } ] }
      """
  }

  private func filter(
    _ name: String, _ transformation: NeighbourTransformation, _ deployment: ParityGateway.Deployment,
    _ files: NeighbourFiles
  ) throws -> String {
    if name == NeighbourChain.ours {
      return try ParityBootstrap.filter(transformation.configuration, deployment)
    }
    guard let filter = files.filters[name] else { throw Failure("filters.yaml has no \(name)") }
    if let configuration = filter.transformation, let kind = filter.kind {
      let other = deployment == .sidecar ? ParityGateway.Deployment.module : .sidecar
      return try ParityBootstrap.filter(configuration, kind == .same ? deployment : other, name: "second")
    }
    guard let typedConfig = filter.typedConfig else { throw Failure("\(name) has no typedConfig") }
    return "{ name: \(quote(name)), typed_config: \(typedConfig) }"
  }

  private var clusters: [String] {
    let http1 = "http_protocol_options: { enable_trailers: true }"
    let http2 = "http2_protocol_options: {}"
    return [
      ("upstream", upstreamPort, http1), ("upstream-h2", upstreamPort, http2), ("mirror", mirrorPort, http1),
      ("authorization", authorizationPort, http1),
    ].map { name, port, options in
      ParityBootstrap.cluster(
        name, "socket_address: { address: 127.0.0.1, port_value: \(port) }",
        "typed_extension_protocol_options: { \(ParityBootstrap.protocolOptions(options)) },")
    } + [
      ParityBootstrap.cluster(
        "sidecar", "pipe: { path: \(quote(sidecarSocket)) }",
        "typed_extension_protocol_options: { \(ParityBootstrap.protocolOptions(http2)) },")
    ]
  }
}
