/// A whole bootstrap of Envoy: one listener, one route to `upstream`, the filter and what it needs.
struct Bootstrap {
  let listen: HostAndPort
  let upstream: HostAndPort
  /// An element of `http_filters`.
  let filter: YAMLBlock
  /// Members of the route.
  let perRoute: YAMLBlock
  /// Beside the upstream's.
  let clusters: [YAMLBlock]

  var yaml: YAMLBlock {
    let head: YAMLBlock = """
      static_resources:
        listeners:
        - name: http
          address:
            socket_address: { address: \(YAMLBlock.quote(listen.host)), port_value: \(listen.port) }
          filter_chains:
          - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: http
                route_config:
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - name: all
                      match: { prefix: / }
                      route: { cluster: upstream }
      """
    let filters =
      YAMLBlock("http_filters:") + filter.asElement + """
        - name: envoy.filters.http.router
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
        """
    let clusters = (clusters + [upstreamCluster]).reduce(YAMLBlock("clusters:")) { $0 + $1.asElement }
    return head + perRoute.indented(16) + filters.indented(10) + clusters.indented(2)
  }

  private var upstreamCluster: YAMLBlock {
    """
    name: upstream
    type: STRICT_DNS
    connect_timeout: 1s
    load_assignment:
      cluster_name: upstream
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address: { address: \(YAMLBlock.quote(upstream.host)), port_value: \(upstream.port) }
    """
  }
}
