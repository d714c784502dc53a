/// What a test needs of an Envoy: listeners in front of one mock LLM, each with the filter as it wants it.
struct EnvoyConfiguration {
  /// The namespace of dynamic metadata that may be written, and that the access log shows.
  static let metadataNamespace = "com.example"

  var upstreamPort: Int
  var sidecarSocket: String?
  var listeners: [Listener]

  /// Whether the dynamic module is to be loaded.
  var usesModule: Bool { listeners.contains { $0.module != nil } }

  struct Listener {
    var name: String
    /// nil: requests pass without the sidecar.
    var filter: ExtProcFilter?
    /// nil: requests pass without the module.
    var module: ModuleFilter?
    /// The module's own configuration of the first of the named routes.
    var moduleOfRoute: ModuleFilter?
    /// `per_connection_buffer_limit_bytes`; nil leaves Envoy's 1 MiB.
    var bufferBytesMax: Int?
  }

  /// The same with the listeners in a file of their own, which Envoy reads anew whenever it is replaced.
  func yaml(listenersFrom file: String) -> String {
    """
    node: { id: test, cluster: test }
    dynamic_resources: { lds_config: { resource_api_version: V3, path_config_source: { path: "\(file)" } } }
    static_resources:
      clusters: [
        \(clusters.joined(separator: ",\n"))
      ]

    """
  }

  /// The text of that file.
  func listenersYAML(accessLogFile: String) -> String {
    "resources: [\(listeners.map { listener($0, isResource: true, accessLogFile: accessLogFile) }.joined(separator: ", "))]\n"
  }

  /// The bootstrap without `admin`, in YAML's flow style, which does not care how deep a part is nested.
  func yaml(accessLogFile: String) -> String {
    """
    static_resources:
      listeners: [
        \(listeners.map { listener($0, accessLogFile: accessLogFile) }.joined(separator: ",\n"))
      ]
      clusters: [
        \(clusters.joined(separator: ",\n"))
      ]

    """
  }

  private func listener(
    _ listener: Listener, isResource: Bool = false, accessLogFile: String
  ) -> String {
    """
    {
      \(isResource ? "\"@type\": type.googleapis.com/envoy.config.listener.v3.Listener," : "")
      name: \(listener.name),
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } },
      \(listener.bufferBytesMax.map { "per_connection_buffer_limit_bytes: \($0)," } ?? "")
      filter_chains: [ { filters: [ { name: hcm, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager,
        stat_prefix: \(listener.name),
        generate_request_id: false,
        server_header_transformation: PASS_THROUGH,
        http_protocol_options: { enable_trailers: true },
        access_log: [ { name: file, typed_config: {
          "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog,
          path: "\(accessLogFile)",
          log_format: { json_format: {
            path: "%REQ(:PATH)%", status: "%RESPONSE_CODE%", details: "%RESPONSE_CODE_DETAILS%",
            metadata: "%DYNAMIC_METADATA(\(Self.metadataNamespace))%"
          } }
        } } ],
        route_config: {
          request_headers_to_remove: [x-forwarded-proto, \(Route.headers.joined(separator: ", "))],
          virtual_hosts: [ { name: all, domains: ["*"], routes: [
            \(Route.all(withFilter: listener.filter != nil, moduleOfRoute: listener.moduleOfRoute)
              .joined(separator: ",\n"))
          ] } ]
        },
        http_filters: [
          \(listener.filter.map { $0.yaml + "," } ?? "")
          \(listener.module.map { $0.yaml + "," } ?? "")
          { name: router, typed_config: {
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router,
            suppress_envoy_headers: true
          } }
        ]
      } } ] } ]
    }
    """
  }

  private var clusters: [String] {
    let upstream = cluster(
      "upstream", address: "socket_address: { address: 127.0.0.1, port_value: \(upstreamPort) }",
      options: "explicit_http_config: { http_protocol_options: { enable_trailers: true } }")
    guard let sidecarSocket else { return [upstream] }
    // All of them are the one sidecar.
    let names = Set(listeners.compactMap(\.filter?.cluster)).union(["sidecar"]).sorted()
    return [upstream]
      + names.map {
        cluster(
          ExtProcFilter.name($0), address: "pipe: { path: \"\(sidecarSocket)\" }",
          options: "explicit_http_config: { http2_protocol_options: {} }")
      }
  }

  private func cluster(_ name: String, address: String, options: String) -> String {
    """
    {
      name: \(name), connect_timeout: 5s,
      typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions,
        \(options)
      } },
      load_assignment: { cluster_name: \(name), endpoints: [ { lb_endpoints: [
        { endpoint: { address: { \(address) } } }
      ] } ] }
    }
    """
  }
}

/// The ways a request says which transformation applies to it. A test names it in a header of the request, which goes
/// no further than Envoy, or by the path.
enum Route {
  /// Holds a whole configuration, which the route hands to the sidecar.
  static let configurationHeader = "x-test-configuration"
  /// Holds the name of a transformation, which the route hands to the sidecar.
  static let transformationHeader = "x-test-transformation"
  static let headers = [configurationHeader, transformationHeader]

  /// Requests to `/route/NAME/…` for these names are on the route of that name; the upstream gets `/…`.
  static let names = ["first-route", "second-route"]

  static func all(withFilter: Bool, moduleOfRoute: ModuleFilter? = nil) -> [String] {
    let named = names.map { name in
      let own = moduleOfRoute.flatMap {
        name == names.first ? "typed_per_filter_config: { \($0.perRouteYAML) }," : nil
      }
      return """
        {
          name: \(name), match: { prefix: /route/\(name)/ }, \(own ?? "")
          route: { cluster: upstream, prefix_rewrite: / }
        }
        """
    }
    if !withFilter { return named + ["{ match: { prefix: / }, route: { cluster: upstream } }"] }
    return [
      handingOver(configurationHeader, as: "x-swiftformations-config"),
      handingOver(transformationHeader, as: "x-swiftformations-transformation"),
    ] + named + ["{ match: { prefix: / }, route: { cluster: upstream } }"]
  }

  /// A route for requests with `header`, whose value the sidecar gets as the gRPC header `name`.
  private static func handingOver(_ header: String, as name: String) -> String {
    """
    {
      match: { prefix: /, headers: [ { name: \(header), present_match: true } ] },
      route: { cluster: upstream },
      typed_per_filter_config: { \(ExtProcFilter.name): {
        "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute,
        overrides: { grpc_initial_metadata: [ { key: \(name), value: "%REQ(\(header))%" } ] }
      } }
    }
    """
  }
}
