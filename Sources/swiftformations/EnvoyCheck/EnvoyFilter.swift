/// A filter that runs transformations.
struct EnvoyFilter {
  enum Kind { case processor, module }

  /// By this name the module stands in for the Rust filter.
  static let rustLibrary = "rust_module"

  let kind: Kind
  /// By which routes configure it.
  let name: String
  /// The element of `http_filters`.
  let place: EnvoyValue
  /// `ExternalProcessor`, or `DynamicModuleFilter`.
  let settings: EnvoyValue
  let chain: EnvoyChain
  /// Its position in the chain.
  let index: Int

  /// Those that call a sidecar of ours, or load our module. Where some are ours by name, others are somebody else's;
  /// otherwise all are taken for ours.
  static func all(in chains: [EnvoyChain]) -> [EnvoyFilter] {
    let filters = chains.flatMap(candidates)
    let named = filters.filter(\.isNamedAsOurs)
    return named.isEmpty ? filters : named
  }

  private static func candidates(_ chain: EnvoyChain) -> [EnvoyFilter] {
    chain.filters.enumerated().flatMap { index, place in
      [(Kind.processor, EnvoyType.processor), (.module, .module)].flatMap { kind, type in
        place.search(type).map { settings in
          EnvoyFilter(
            kind: kind, name: place["name"]?.text ?? "", place: place, settings: settings, chain: chain,
            index: index)
        }
      }
    }
  }

  /// Which module is loaded.
  private var library: EnvoyValue? { settings["dynamic_module_config"] }

  private var isNamedAsOurs: Bool {
    let names =
      kind == .module
      ? [library?["name"]?.text, library?["module"]?["local"]?["filename"]?.text]
      : [name, settings["grpc_service"]?["envoy_grpc"]?["cluster_name"]?.text]
    return names.contains { $0?.contains(SidecarSetup.clusterName) == true || $0 == EnvoyFilter.rustLibrary }
  }

  /// The filters between this one and the upstream.
  var behind: ArraySlice<EnvoyValue> { chain.filters.dropFirst(index + 1) }
}
