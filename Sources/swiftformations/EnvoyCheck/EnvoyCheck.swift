import ConfigurationFiles
import Transformation

/// Compares a file of transformations with a bootstrap of Envoy: what the filters in it do not send, or do not take,
/// though a transformation needs it.
struct EnvoyCheck {
  /// The longest bootstrap. A bootstrap with certificates and thousands of routes has some megabytes.
  static let bytesMax = 64 << 20

  /// As it is printed before the line number.
  let name: String
  private let text: String
  private let secrets: SecretPlaces
  /// In the order of the text.
  let findings: [Diagnostic]

  init(_ file: ConfigurationFile, _ configuration: Configuration, name: String, bytes: [UInt8]) {
    self.name = name
    let bytes = bytes.withoutByteOrderMark
    text = String(decoding: bytes, as: UTF8.self)
    do {
      let node = try ConfigurationNode.read(bytes)
      findings = EnvoyCheck.findings(file, configuration, EnvoyValue(node: node, path: "")).inOrderOfText
      secrets = SecretPlaces(of: node, in: text)
    } catch {
      findings = [error]
      secrets = SecretPlaces(of: nil, in: text)
    }
  }

  func report(colour: Bool) -> String {
    let printer = DiagnosticPrinter(file: name, text: text, secrets: secrets, look: .terminal(colour: colour))
    return findings.map(printer.print).joined()
  }

  private static func findings(
    _ file: ConfigurationFile, _ configuration: Configuration, _ bootstrap: EnvoyValue
  ) -> [Diagnostic] {
    let chains = EnvoyChain.all(in: bootstrap)
    let filters = EnvoyFilter.all(in: chains)
    guard !filters.isEmpty else { return [nothing(in: bootstrap)] }
    var selection = EnvoySelection(configuration, bootstrap)
    var findings: [Diagnostic] = []
    var modules: [EnvoySituation] = []
    for filter in filters {
      switch filter.kind {
      case .processor: selection.add(filter)
      case .module:
        let module = EnvoyModuleFilter(filter, file, bootstrap)
        findings += module.findings
        modules.append(module.situation)
      }
    }
    findings += selection.findings
    findings += EnvoyRule.ofProcessors.flatMap { $0.findings(in: selection.situations) }
    findings += EnvoyRule.ofChains.flatMap { $0.findings(in: selection.situations + modules) }
    return findings + chains.flatMap { PerRouteRules.findings($0, filters) }
  }

  private static func nothing(in bootstrap: EnvoyValue) -> Diagnostic {
    let isDynamic = bootstrap["dynamic_resources"]?["lds_config"] != nil
    return bootstrap.finding(
      .error,
      "no filter in this bootstrap calls a sidecar or loads the module"
        + (isDynamic
          ? "; listeners that come by xDS are not looked at"
          : "; a whole one is what `swiftformations envoy-config --full` prints"))
  }
}

extension [Diagnostic] {
  /// And each only once: two routes may find the same fault of one filter.
  var inOrderOfText: [Diagnostic] {
    sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
      .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
