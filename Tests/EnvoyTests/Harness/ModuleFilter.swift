import Foundation

/// The HTTP filter of the dynamic module, or its entry for a route.
struct ModuleFilter: Sendable {
  /// The types by which Envoy takes a module's configuration.
  enum ConfigurationType: String, CaseIterable, Sendable {
    case string = "StringValue"
    case bytes = "BytesValue"
    case structure = "Struct"
  }

  /// Envoy's name of the filter.
  var name = "transformation"
  /// `lib<library>.so`
  var library = "swiftformations"
  var filterName = "transformation"
  var type = ConfigurationType.string
  /// JSON.
  var configuration = "{}"
  /// In the place of `configuration`, for the type `bytes`: what is no text.
  var bytes: [UInt8]?

  /// An element of `http_filters`.
  var yaml: String {
    """
    { name: \(name), typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter,
      dynamic_module_config: { name: \(library), do_not_close: true },
      filter_name: \(filterName),
      filter_config: { "@type": type.googleapis.com/google.protobuf.\(type.rawValue), value: \(value) }
    } }
    """
  }

  /// An entry of `typed_per_filter_config`.
  var perRouteYAML: String {
    """
    \(name): {
      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute,
      dynamic_module_config: { name: \(library), do_not_close: true },
      per_route_config_name: \(filterName),
      filter_config: { "@type": type.googleapis.com/google.protobuf.\(type.rawValue), value: \(value) }
    }
    """
  }

  private var value: String {
    switch type {
    case .string: quote(configuration)
    case .bytes: Data(bytes ?? Array(configuration.utf8)).base64EncodedString()
    case .structure: configuration
    }
  }
}
