/// HTTP filters in their order, and what is around them.
struct EnvoyChain {
  enum Owner { case listener, cluster }

  let owner: Owner
  /// Elements of `http_filters`. The first is the nearest to the client.
  let filters: [EnvoyValue]
  /// `per_connection_buffer_limit_bytes` of the listener, or of the cluster.
  let bufferLimit: EnvoyValue?
  /// Nil where the text does not have them: they come by xDS, or the chain is a cluster's.
  let routes: [EnvoyRoute]?
  /// `upgrade_configs`
  let upgrades: [EnvoyValue]

  /// All chains of a bootstrap, in the order of the text.
  static func all(in bootstrap: EnvoyValue) -> [EnvoyChain] {
    let resources = bootstrap["static_resources"]
    let listeners = resources?["listeners"]?.elements ?? []
    let clusters = resources?["clusters"]?.elements ?? []
    return listeners.flatMap(ofListener) + clusters.flatMap(ofCluster)
  }

  private static func ofListener(_ listener: EnvoyValue) -> [EnvoyChain] {
    listener.search(.connectionManager).map { manager in
      EnvoyChain(
        owner: .listener, filters: manager["http_filters"]?.elements ?? [],
        bufferLimit: listener["per_connection_buffer_limit_bytes"],
        routes: manager["route_config"].map(EnvoyRoute.all),
        upgrades: manager["upgrade_configs"]?.elements ?? [])
    }
  }

  private static func ofCluster(_ cluster: EnvoyValue) -> [EnvoyChain] {
    cluster.search(.httpOptions).compactMap { options in
      guard let filters = options["http_filters"]?.elements, !filters.isEmpty else { return nil }
      return EnvoyChain(
        owner: .cluster, filters: filters, bufferLimit: cluster["per_connection_buffer_limit_bytes"],
        routes: nil, upgrades: [])
    }
  }
}

/// A route, or one of its weighted clusters, and the filters' configurations that hold for it.
struct EnvoyRoute {
  let name: String?
  /// `typed_per_filter_config` of the weighted cluster, the route, its virtual host and the whole: the first that names
  /// a filter counts.
  let perFilter: [EnvoyValue]

  func configuration(of filter: String) -> EnvoyValue? {
    perFilter.lazy.compactMap { $0.members.first { $0.name == filter }?.value }.first
  }

  static func all(in configuration: EnvoyValue) -> [EnvoyRoute] {
    let hosts = configuration["virtual_hosts"]?.elements ?? []
    return hosts.flatMap { host in
      (host["routes"]?.elements ?? []).flatMap { route in
        let weighted = route["route"]?["weighted_clusters"]?["clusters"]?.elements ?? []
        let outer = [route, host, configuration]
        return (weighted.isEmpty ? [outer] : weighted.map { [$0] + outer }).map { places in
          EnvoyRoute(
            name: route["name"]?.text, perFilter: places.compactMap { $0["typed_per_filter_config"] })
        }
      }
    }
  }
}
