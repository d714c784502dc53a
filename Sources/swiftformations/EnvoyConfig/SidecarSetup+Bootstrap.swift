extension SidecarSetup {
  /// A whole bootstrap: one listener, one route to `upstream`, the filter and both clusters.
  func bootstrap(listen: HostAndPort, upstream: HostAndPort) -> String {
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
    let route = transformation.map { perRoute($0).indented(16) } ?? .empty
    let filters =
      YAMLBlock("http_filters:") + filter.asElement + """
        - name: envoy.filters.http.router
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
        """
    let clusters = YAMLBlock("clusters:") + cluster.asElement + upstreamCluster(upstream).asElement
    return (head + route + filters.indented(10) + clusters.indented(2)).text
  }

  private func upstreamCluster(_ upstream: HostAndPort) -> YAMLBlock {
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
