import ConfigurationFiles
import Transformation

/// What Envoy has to be told to load the dynamic module, as YAML with comments. The configuration goes in as JSON, whole.
struct ModuleSetup {
  /// `lib<library>.so`
  static let library = "swiftformations"

  private let file: String
  /// The name of the one transformation that this is made for; nil for all of the file.
  private let transformation: String?
  /// What the filter is given.
  private let configuration: ConfigurationNode
  /// What a route is given.
  private let routeConfiguration: ConfigurationNode?

  /// Nil when the file cannot be read, or has no such transformation.
  init?(_ file: ConfigurationFile, for transformation: Transformation?) {
    guard let node = file.node else { return nil }
    self.file = file.name
    self.transformation = transformation?.name
    guard let transformation else {
      configuration = node
      routeConfiguration = nil
      return
    }
    // A file without names is a transformation itself.
    let named = node["transformations"]
    guard let chosen = named == nil ? node : named?[transformation.name] else { return nil }
    configuration = .mapping([], node.location)
    routeConfiguration = named == nil ? chosen : chosen.over(node, fields: FieldPlaces.inherited)
  }

  /// The pieces, each with a word on where it goes.
  var fragments: String {
    var output = head
    output += """

      # Into http_filters of the HTTP connection manager, before envoy.filters.http.router.
      http_filters:
      """
    output += filter.asElement
    guard let perRoute else { return output.text }
    output += """
      ---
      # Into a route, or a virtual host, whose requests get this transformation.
      """
    return (output + perRoute).text
  }

  /// A whole bootstrap, to try it at once.
  func bootstrap(listen: HostAndPort, upstream: HostAndPort) -> String {
    let bootstrap = Bootstrap(
      listen: listen, upstream: upstream, filter: filter, perRoute: perRoute ?? .empty, clusters: [])
    return (head + "" + bootstrap.yaml).text
  }

  private var head: YAMLBlock {
    let name = String(file.map { $0 == "`" ? "'" : $0 }).printable
    let chosen = transformation.map { " --transformation \($0)" } ?? ""
    return """
      # Made by `swiftformations envoy-config \(name) --deployment module\(chosen)`.
      # Make it again when the file changes.
      #
      # Envoy finds lib\(ModuleSetup.library).so in the one folder that the environment variable
      # ENVOY_DYNAMIC_MODULES_SEARCH_PATH names. 1.36 must have it; later ones also look where the linker looks.
      """
  }

  // MARK: The filter and the route

  var filter: YAMLBlock {
    var output: YAMLBlock = """
      name: \(ModuleSetup.library)
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter
        dynamic_module_config: { name: \(ModuleSetup.library), do_not_close: true }
        filter_name: transformation
      """
    if routeConfiguration != nil {
      output += "  # Requests pass unchanged, but on routes that say otherwise."
    }
    return output + filterConfig(configuration).indented(2)
  }

  /// In `typed_per_filter_config`; nil for all of the file.
  private var perRoute: YAMLBlock? {
    guard let routeConfiguration else { return nil }
    let head: YAMLBlock = """
      typed_per_filter_config:
        \(ModuleSetup.library):
          "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute
          dynamic_module_config: { name: \(ModuleSetup.library), do_not_close: true }
          per_route_config_name: transformation
      """
    return head + filterConfig(routeConfiguration).indented(4)
  }

  private func filterConfig(_ configuration: ConfigurationNode) -> YAMLBlock {
    """
    filter_config:
      "@type": type.googleapis.com/google.protobuf.StringValue
      value: |-
    """ + YAMLBlock(configuration.jsonText).indented(4)
  }
}

extension ConfigurationNode {
  /// With what `file` says of these fields, where it does not say so itself.
  fileprivate func over(_ file: ConfigurationNode, fields: [String]) -> ConfigurationNode {
    guard case .mapping(let own, let location) = self, case .mapping(let shared, _) = file else {
      return self
    }
    let inherited = shared.filter { fields.contains($0.key.value) }
    return .mapping(own, location).merged(over: .mapping(inherited, location))
  }

  private func merged(over base: ConfigurationNode) -> ConfigurationNode {
    guard case .mapping(let own, let location) = self, case .mapping(let others, _) = base else {
      return self
    }
    let merged = own.map { member in
      (key: member.key, value: base[member.key.value].map { member.value.merged(over: $0) } ?? member.value)
    }
    return .mapping(others.filter { self[$0.key.value] == nil } + merged, location)
  }
}
