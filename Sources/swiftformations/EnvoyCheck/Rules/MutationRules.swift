import Transformation

/// Headers that transformations write, against what the filter's `mutation_rules` let through. What they do not, Envoy
/// drops without a word (envoy.config.common.mutation_rules.v3.HeaderMutationRules).
enum MutationRules {
  /// Why a header may not be changed.
  private enum Obstacle: String, CaseIterable {
    case expression = "`disallow_expression` matches"
    case everything = "`disallow_all` is on"
    case system = "`disallow_system` is on"
    case routing = "it takes `mutation_rules: { allow_all_routing: true }`"
    case internals = "it takes `mutation_rules: { allow_envoy: true }`"

    /// The field that says so, where it is there.
    var field: String {
      switch self {
      case .expression: "disallow_expression"
      case .everything: "disallow_all"
      case .system: "disallow_system"
      case .routing: "allow_all_routing"
      case .internals: "allow_envoy"
      }
    }
  }

  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let rules = situation.filter.settings["mutation_rules"]
    var blocked: [Obstacle: [String]] = [:]
    for name in Set(situation.transformations.flatMap { written($0.needs) }).sorted() {
      if let obstacle = obstacle(to: name, rules) { blocked[obstacle, default: []].append(name) }
    }
    let consequence =
      rules?["disallow_is_error"]?.isTrue == true
      ? "every exchange that changes it is a 500" : "Envoy drops the change without a word"
    return Obstacle.allCases.compactMap { obstacle in
      guard let headers = blocked[obstacle] else { return nil }
      let names = situation.those("write") { !written($0).isDisjoint(with: headers) } ?? ""
      let place = rules?[obstacle.field] ?? rules ?? situation.filter.settings
      return place.finding(
        .error,
        "\(names) \(EnvoySituation.list(headers)), and \(obstacle.rawValue): \(consequence)")
    }
  }

  /// A new body writes its length.
  private static func written(_ needs: Needs) -> Set<String> {
    let isNew = needs.request.replacesBody || needs.response.replacesBody
    return Set(
      needs.request.headersWritten + needs.response.headersWritten + needs.request.headersImplied
        + (isNew ? ["content-length"] : []))
  }

  /// In Envoy's order. `disallow_expression` goes before all, `allow_expression` before the others.
  private static func obstacle(to name: String, _ rules: EnvoyValue?) -> Obstacle? {
    func isOn(_ field: String) -> Bool { rules?[field]?.isTrue == true }
    func matches(_ field: String) -> Bool {
      guard let pattern = rules?[field]?["regex"]?.text else { return false }
      return WholeMatch.matches(name, pattern) ?? false
    }
    if matches("disallow_expression") { return .expression }
    if matches("allow_expression") { return nil }
    if isOn("disallow_all") { return .everything }
    if isOn("disallow_system"), name.hasPrefix(":") { return .system }
    if HeaderRules.routing.contains(name), !isOn("allow_all_routing") { return .routing }
    if name.hasPrefix("x-envoy-"), !isOn("allow_envoy") { return .internals }
    return nil
  }
}
