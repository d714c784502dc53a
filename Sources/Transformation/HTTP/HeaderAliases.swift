/// Names that mean the same header of a request: `host` is `:authority`, as in Envoy's header maps, whatever the client
/// spoke (RFC 9113, section 8.3.1). All that reads or writes a header by name comes through here.
enum HeaderAliases {
  /// The name under which a header of `direction` is found.
  static func canonical(_ name: HeaderName, _ direction: Direction) -> HeaderName {
    direction == .request && name == "host" ? .authority : name
  }

  /// The same for a name in lower case that is read; borrowed, as `name` is.
  static func canonicalInRequest(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard name.count == 4, name.elementsEqual("host".utf8) else { return name }
    let authority: StaticString = ":authority"
    return UnsafeRawBufferPointer(start: authority.utf8Start, count: authority.utf8CodeUnitCount)
  }

  /// The same for a name in lower case.
  static func canonicalInRequest(_ name: String) -> String { name == "host" ? ":authority" : name }
}
