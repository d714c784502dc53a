/// The names by which Envoy asks the dynamic module for a filter.
package enum ModuleFilterNames {
  /// All mean the same. The first is ours, the others those of the Rust filter.
  package static let own = ["transformation", "rustformation", "http_simple_mutations"]
  /// Filters of kgateway's module that are not in ours.
  package static let ofKgateway = ["http-acl"]
}
