/// The messages of Envoy's API that are looked for, by their names in `@type`.
enum EnvoyType: String {
  case connectionManager =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
  case httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
  case processor = "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
  case processorPerRoute = "envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute"
  case module = "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"
  case modulePerRoute = "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute"
  case compressor = "envoy.extensions.filters.http.compressor.v3.Compressor"
  case decompressor = "envoy.extensions.filters.http.decompressor.v3.Decompressor"
}

extension EnvoyValue {
  /// What a `google.protobuf.Any` holds, where it is of one of `types`. Istio's TypedStruct is looked into.
  func unpacked(_ types: EnvoyType...) -> (type: EnvoyType, value: EnvoyValue)? {
    guard var name = self["@type"]?.text.map(EnvoyValue.typeName) else { return nil }
    var body = self
    if name.hasSuffix(".TypedStruct") {
      guard let inner = self["type_url"]?.text.map(EnvoyValue.typeName), let value = self["value"] else {
        return nil
      }
      (name, body) = (inner, value)
    }
    return EnvoyType(rawValue: name).flatMap { types.contains($0) ? ($0, body) : nil }
  }

  /// All messages of these types here and inside: an extension may be wrapped in matchers, actions and delegates. The
  /// reader bounds the depth.
  func search(_ type: EnvoyType) -> [EnvoyValue] {
    if let found = unpacked(type) { return [found.value] }
    return (elements + members.map(\.value)).flatMap { $0.search(type) }
  }

  /// `type.googleapis.com/a.b.C` is `a.b.C`.
  private static func typeName(_ url: String) -> String {
    url.split(separator: "/").last.map(String.init) ?? url
  }
}
