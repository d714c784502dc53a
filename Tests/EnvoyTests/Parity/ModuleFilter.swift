/// The HTTP filter of the dynamic module.
struct ModuleFilter {
  /// Envoy's name of the filter.
  var name: String
  /// `lib<library>.so`
  var library = "swiftformations"
  var filterName = "transformation"
  /// The text of the configuration.
  var configuration: String

  /// An element of `http_filters`.
  var yaml: String {
    """
    { name: \(name), typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter,
      dynamic_module_config: { name: \(library), do_not_close: true },
      filter_name: \(filterName),
      filter_config: { "@type": type.googleapis.com/google.protobuf.StringValue, value: \(quote(configuration)) }
    } }
    """
  }

  /// An entry of `typed_per_filter_config`.
  var perRouteYAML: String {
    """
    {
      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute,
      dynamic_module_config: { name: \(library), do_not_close: true },
      per_route_config_name: \(filterName),
      filter_config: { "@type": type.googleapis.com/google.protobuf.StringValue, value: \(quote(configuration)) }
    }
    """
  }
}
