import ConfigurationFiles
import Transformation

/// The dynamic module's filter, which has its configuration in it, and the routes that have their own.
struct EnvoyModuleFilter {
  let situation: EnvoySituation
  private(set) var findings: [Diagnostic] = []

  init(_ filter: EnvoyFilter, _ file: ConfigurationFile, _ bootstrap: EnvoyValue) {
    var situation = EnvoySituation(filter: filter, overrides: nil, bootstrap: bootstrap)
    var findings: [Diagnostic] = []
    let library = filter.settings["dynamic_module_config"]?["name"]
    findings += EnvoyModuleFilter.unknownName(filter.settings["filter_name"], ofKgateway: .warning)
    for perRoute in EnvoyModuleFilter.perRoute(filter) {
      findings += EnvoyModuleFilter.unknownName(
        perRoute["per_route_config_name"] ?? perRoute["filter_name"], ofKgateway: .error)
      findings += EnvoyModuleFilter.foreign(perRoute, library)
    }
    let places = [filter.settings] + EnvoyModuleFilter.perRoute(filter)
    for place in places {
      guard let text = EnvoyModuleFilter.text(of: place) else { continue }
      let (configuration, faults) = EnvoyModuleFilter.compile(text)
      findings += faults
      situation.transformations += configuration.map { Array($0.transformations.values) } ?? []
      if faults.isEmpty, case .success(let node) = text.node, !EnvoyModuleFilter.isNode(node, of: file) {
        findings.append(
          text.place.finding(
            .warning,
            "this is not what the file says; `swiftformations envoy-config --deployment module` makes it from the file"
          ))
      }
    }
    self.situation = situation
    self.findings = findings
  }

  private static func perRoute(_ filter: EnvoyFilter) -> [EnvoyValue] {
    let own = (filter.chain.routes ?? []).compactMap { $0.configuration(of: filter.name) }
    var seen: Set<String> = []
    return own.flatMap { $0.search(.modulePerRoute) }.filter { seen.insert($0.path).inserted }
  }

  private static func unknownName(_ name: EnvoyValue?, ofKgateway severity: Diagnostic.Severity)
    -> [Diagnostic]
  {
    guard let name, let text = name.text, !ModuleFilterNames.own.contains(text) else { return [] }
    if ModuleFilterNames.ofKgateway.contains(text) {
      return [
        name.finding(
          severity,
          "`\(text)` is a filter of kgateway's module, and not of this one: it does nothing, and requests of a route that"
            + " asks for it get a 500")
      ]
    }
    return [
      name.finding(
        .error,
        "the module has no filter `\(text)`; it has \(EnvoySituation.list(ModuleFilterNames.own))")
    ]
  }

  /// What another module has made of a route's configuration is not ours to read.
  private static func foreign(_ perRoute: EnvoyValue, _ library: EnvoyValue?) -> [Diagnostic] {
    guard let own = perRoute["dynamic_module_config"]?["name"], own.text != library?.text else { return [] }
    return [
      own.finding(
        .error,
        "the filter loads the module `\(library?.text ?? "")`, and requests of this route get a 500 with the reason"
          + " foreign_route_config; both must name the same")
    ]
  }

  // MARK: The configuration in it

  private struct Text {
    let place: EnvoyValue
    let node: Result<ConfigurationNode, Diagnostic>
    /// Places in the text are none of the bootstrap.
    let isText: Bool
  }

  /// Nil where there is none, or of a kind that is not read here.
  private static func text(of filter: EnvoyValue) -> Text? {
    guard let wrapped = filter["filter_config"], let type = wrapped["@type"]?.text,
      let value = wrapped["value"]
    else { return nil }
    if type.hasSuffix(".Struct") { return Text(place: value, node: .success(value.node), isText: false) }
    guard type.hasSuffix(".StringValue"), let text = value.text else { return nil }
    // A line that is shown must not show a secret: those of a text in the text are not known.
    let place = SecretPlaces.mayBe(in: text) ? wrapped["@type"] ?? value : value
    do throws(Diagnostic) {
      return Text(place: place, node: .success(try ConfigurationNode.json(Array(text.utf8))), isText: true)
    } catch {
      return Text(place: place, node: .failure(error), isText: true)
    }
  }

  private static func compile(_ text: Text) -> (Configuration?, [Diagnostic]) {
    var configuration: Configuration?
    var errors: [Diagnostic] = []
    switch text.node {
    case .success(let node):
      let (loaded, diagnostics) = Configuration.load(node)
      configuration = loaded
      errors = diagnostics.filter { $0.severity == .error }
    case .failure(let fault): errors = [fault]
    }
    guard text.isText else { return (configuration, errors) }
    return (
      configuration,
      errors.map { error in
        text.place.finding(
          .error, "in line \(error.location.line), column \(error.location.column) of it: \(error.message)")
      }
    )
  }

  /// The file, one of its transformations, or nothing at all.
  private static func isNode(_ node: ConfigurationNode, of file: ConfigurationFile) -> Bool {
    if case .mapping(let members, _) = node, members.isEmpty { return true }
    guard let root = file.node else { return false }
    var candidates = [root]
    if case .mapping(let named, _)? = root["transformations"] { candidates += named.map(\.value) }
    let text = node.jsonText
    return candidates.contains { $0.jsonText == text }
  }
}
