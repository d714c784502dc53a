import Transformation

/// What may be wrong with a situation.
struct EnvoyRule: Sendable {
  /// The field that it looks at and that routes can override; nil where there is none.
  let field: String?
  let find: @Sendable (EnvoySituation) -> [Diagnostic]

  init(_ field: String?, _ find: @escaping @Sendable (EnvoySituation) -> [Diagnostic]) {
    self.field = field
    self.find = find
  }

  /// What is found in all situations of a bootstrap. Those that see the same value of the field are one, so that a
  /// fault of the filter is told once for all transformations.
  func findings(in situations: [EnvoySituation]) -> [Diagnostic] {
    var merged: [EnvoySituation] = []
    for situation in situations {
      let own = field.flatMap { situation.overrides?[$0] } == nil ? situation.withoutOverrides : situation
      if let index = merged.firstIndex(where: { $0.place == own.place }) {
        merged[index].add(own)
      } else {
        merged.append(own)
      }
    }
    return merged.flatMap(find)
  }
}

extension EnvoyRule {
  /// For external processors.
  static let ofProcessors = [
    EnvoyRule("processing_mode", PhaseRules.findings), EnvoyRule("processing_mode", OverrideRules.findings),
    EnvoyRule("processing_mode", ReplacementRules.findings),
    EnvoyRule("processing_mode", AttributeRules.findings),
    EnvoyRule("metadata_options", MetadataRules.findings),
    EnvoyRule(nil, MutationRules.findings), EnvoyRule(nil, RouteCacheRules.findings),
    EnvoyRule(nil, TimeRules.findings),
    EnvoyRule("failure_mode_allow", FailureRules.open), EnvoyRule(nil, FailureRules.unanswered),
    EnvoyRule("grpc_service", ServiceRules.findings), EnvoyRule("processing_mode", OrderRules.decompressor),
    EnvoyRule("processing_mode", UpgradeRules.findings),
  ]

  /// For both deployments.
  static let ofChains = [
    EnvoyRule(nil, OrderRules.compressor), EnvoyRule(nil, BufferRules.findings),
    EnvoyRule(nil, ClusterChainRules.findings),
  ]
}
