import Transformation

/// Configurations of routes that reach no filter.
enum PerRouteRules {
  static func findings(_ chain: EnvoyChain, _ filters: [EnvoyFilter]) -> [Diagnostic] {
    let names = Set(chain.filters.compactMap { $0["name"]?.text })
    let ours = filters.filter { $0.chain.filters.first?.path == chain.filters.first?.path }
    guard !ours.isEmpty else { return [] }
    return (chain.routes ?? []).flatMap(\.perFilter).flatMap { entry in
      entry.members.compactMap { name, value in
        guard !names.contains(name), let kind = kind(of: value) else { return nil }
        let known = EnvoySituation.list(ours.filter { $0.kind == kind }.map(\.name))
        return value.finding(
          .error,
          "no filter in `http_filters` is named `\(name)`, so this configures none"
            + (known.isEmpty ? "" : "; there is \(known)"))
      }
    }
  }

  private static func kind(of value: EnvoyValue) -> EnvoyFilter.Kind? {
    if !value.search(.processorPerRoute).isEmpty { return .processor }
    return value.search(.modulePerRoute).isEmpty ? nil : .module
  }
}
