import Transformation

/// How the filter reaches the sidecar.
enum ServiceRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let settings = situation.filter.settings
    if let http = settings["http_service"] {
      return [http.finding(.error, "the sidecar speaks gRPC: `grpc_service`")]
    }
    guard let service = situation.setting("grpc_service"), let target = service["envoy_grpc"] else {
      return []
    }
    return named(situation) + authority(target) + cluster(target, situation.bootstrap)
  }

  private static func named(_ situation: EnvoySituation) -> [Diagnostic] {
    guard situation.filter.name == "envoy.filters.http.ext_proc", let name = situation.filter.place["name"]
    else {
      return []
    }
    return [
      name.finding(
        .note,
        "other filters have this name, Istio's for inference pools among them, and a route's configuration is found by"
          + " it; `\(SidecarSetup.filterName)` is ours alone")
    ]
  }

  private static func authority(_ target: EnvoyValue) -> [Diagnostic] {
    guard target["authority"] == nil, let name = target["cluster_name"], let text = name.text else {
      return []
    }
    let isHost = text.utf8.allSatisfy { byte in
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || ".-_".utf8.contains(byte)
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
    return [
      name.finding(
        isHost ? .note : .warning,
        "without `authority` beside it, calls have the cluster's name for `:authority`"
          + (isHost ? "" : ", which is no host's name, and proxies and servers in between may refuse it")
          + "; `authority: \(SidecarSetup.authority)` is always right")
    ]
  }

  // MARK: The cluster

  private static func cluster(_ target: EnvoyValue, _ bootstrap: EnvoyValue) -> [Diagnostic] {
    guard let name = target["cluster_name"], let text = name.text else { return [] }
    let clusters = bootstrap["static_resources"]?["clusters"]?.elements ?? []
    guard let cluster = clusters.first(where: { $0["name"]?.text == text }) else {
      let isDynamic = bootstrap["dynamic_resources"]?["cds_config"] != nil
      return isDynamic ? [] : [name.finding(.error, "there is no cluster `\(text)`")]
    }
    return protocolFault(of: cluster) + streamLimit(of: cluster)
  }

  private static func protocolFault(of cluster: EnvoyValue) -> [Diagnostic] {
    if cluster["http2_protocol_options"] != nil { return [] }
    let options = cluster["typed_extension_protocol_options"]
    let explicit = options?.search(.httpOptions).first
    let isHTTP2 =
      explicit?["explicit_http_config"]?["http2_protocol_options"] != nil || explicit?["auto_config"] != nil
      || explicit?["use_downstream_protocol_config"]?["http2_protocol_options"] != nil
    if isHTTP2 { return [] }
    return [
      (options ?? cluster).finding(
        .error,
        "the cluster speaks HTTP/1, and gRPC is HTTP/2: in `typed_extension_protocol_options` it takes"
          + " `explicit_http_config: { http2_protocol_options: {} }`")
    ]
  }

  /// Each exchange is a stream for as long as it lasts.
  private static func streamLimit(of cluster: EnvoyValue) -> [Diagnostic] {
    let thresholds = cluster["circuit_breakers"]?["thresholds"]
    let limits = (thresholds?.elements ?? []).filter { ["DEFAULT", nil].contains($0["priority"]?.text) }
    let limit = limits.lazy.compactMap { $0["max_requests"] }.first
    guard (limit?.integer ?? defaultRequests) <= defaultRequests else { return [] }
    return [
      (limit ?? thresholds ?? cluster).finding(
        .note,
        "`circuit_breakers` allow \(limit?.integer ?? defaultRequests) exchanges at once; those above fail with a 500"
      )
    ]
  }

  /// Envoy's.
  private static let defaultRequests = 1024
}
