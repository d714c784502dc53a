extension SidecarSetup {
  /// A whole bootstrap: one listener, one route to `upstream`, the filter and both clusters.
  func bootstrap(listen: HostAndPort, upstream: HostAndPort) -> String {
    Bootstrap(
      listen: listen, upstream: upstream, filter: filter,
      perRoute: transformation.map { perRoute($0) } ?? .empty, clusters: [cluster]
    ).yaml.text
  }
}
