import ExtProc
import Transformation

/// Filters between this one and the upstream: a response passes them first.
enum OrderRules {
  /// It adds trailers at the end of the data, and Envoy tells them to no filter that waits for more (envoyproxy/envoy#21205).
  /// The module sees them; a sidecar is never told.
  static func decompressor(_ situation: EnvoySituation) -> [Diagnostic] {
    let isCollected =
      situation.bodyMode(.response).value != BodyMode.none
      && situation.filter.settings["allow_mode_override"]?.isTrue != true
    guard let filter = responseFilter(.decompressor, behind: situation.filter),
      isCollected || situation.needs({ $0.response.body })
    else { return [] }
    return [
      filter.finding(
        .error,
        "a decompressor between `\(situation.filter.name)` and the upstream: responses whose body goes to the sidecar"
          + " hang, or lose it; put it in front, and remove `accept-encoding` from requests")
    ]
  }

  static func compressor(_ situation: EnvoySituation) -> [Diagnostic] {
    guard let filter = responseFilter(.compressor, behind: situation.filter),
      let names = situation.those("read", { $0.response.body })
    else { return [] }
    return [
      filter.finding(
        .warning,
        "a compressor between `\(situation.filter.name)` and the upstream: the body that \(names) is compressed; put"
          + " it in front")
    ]
  }

  /// The first that does something to responses.
  private static func responseFilter(_ type: EnvoyType, behind filter: EnvoyFilter) -> EnvoyValue? {
    filter.behind.first { place in
      guard place["disabled"]?.isTrue != true else { return false }
      return place.search(type).contains { settings in
        let enabled = settings["response_direction_config"]?["common_config"]?["enabled"]?["default_value"]
        if case .bool(false, _)? = enabled?.node { return false }
        return true
      }
    }
  }
}

/// WebSocket and CONNECT.
enum UpgradeRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let modes = [Direction.request, .response].map { situation.bodyMode($0).value }
    // With it the sidecar asks for no body of a tunnel; Envoy heeds it in no mode beside FULL_DUPLEX_STREAMED.
    let isOverridden = situation.filter.settings["allow_mode_override"]?.isTrue == true
    guard
      modes.contains(.fullDuplexStreamed)
        || (!isOverridden && (modes.contains(.buffered) || modes.contains(.bufferedPartial)))
    else { return [] }
    return situation.filter.chain.upgrades.compactMap { upgrade in
      if case .bool(false, _)? = upgrade["enabled"]?.node { return nil }
      guard let type = upgrade["upgrade_type"], upgrade["filters"] == nil else { return nil }
      return type.finding(
        .warning,
        "an upgrade does not open through a filter that collects bodies: "
          + (isOverridden ? "give" : "set `allow_mode_override: true`, or give")
          + " its route `disabled: true` for `\(situation.filter.name)`")
    }
  }
}

/// A filter in a cluster's `http_filters` sees each try of a request.
enum ClusterChainRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let filter = situation.filter
    guard filter.chain.owner == .cluster else { return [] }
    return [
      filter.place.finding(
        .warning,
        "in a cluster each try of a request passes here: with retries `add` adds once more with each, and Envoy 1.36.4 may"
          + " crash; the listener's `http_filters` are the place for it")
    ]
  }
}
