/// What HTTP and Envoy say of headers by their names. All that reads or writes a header by name asks here, and nothing
/// else knows these names.
package enum HeaderRules {
  // MARK: Names that mean the same

  /// The name under which a header of `direction` is found: `host` of a request is `:authority`, as in Envoy's header
  /// maps, whatever the client spoke (RFC 9113, section 8.3.1).
  static func canonical(_ name: HeaderName, _ direction: Direction) -> HeaderName {
    direction == .request && name == "host" ? .authority : name
  }

  /// The same for a name in lower case.
  package static func canonicalInRequest(_ name: String) -> String { name == "host" ? ":authority" : name }

  /// The same for a name in lower case that is read; borrowed, as `name` is.
  static func canonicalInRequest(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard name.count == 4, name.elementsEqual("host".utf8) else { return name }
    let authority: StaticString = ":authority"
    return UnsafeRawBufferPointer(start: authority.utf8Start, count: authority.utf8CodeUnitCount)
  }

  // MARK: What may be written

  /// Why a header of `direction` cannot be written by an operation; nil when it can. `name` is canonical.
  ///
  /// - Parameter isEmpty: it is set to nothing, which removes it.
  static func refusal(
    of name: HeaderName, _ operation: Mutations.Operation, _ direction: Direction, isEmpty: Bool = false
  ) -> String? {
    if operation != .remove, computed.contains(name.description) {
      return "`\(name)` cannot be set: it is computed from the body; delete this entry"
    }
    if operation != .remove, !(operation == .set && isEmpty), ofConnection.contains(name.description) {
      return "`\(name)` cannot be set: it speaks of one connection, which is Envoy's; delete this entry"
    }
    guard name.isPseudoHeader, operation != .remove else { return nil }
    let known = pseudoHeaders(direction)
    guard known.contains(name.description) else {
      return "a \(direction.rawValue) has no `\(name)`; it has \(known.joined(separator: ", "))"
    }
    return operation == .append ? "`\(name)` has one value: use `set`" : nil
  }

  /// Headers that frame the body: a wrong one lets a request be smuggled.
  private static let computed: Set<String> = ["content-length", "transfer-encoding"]

  /// Headers of one connection (RFC 9110, section 7.6.1), of which a message of HTTP/2 has `te: trailers` at most (RFC 9113,
  /// section 8.2.2). The connections are Envoy's: it makes what it needs of them.
  private static let ofConnection: Set<String> = [
    "connection", "http2-settings", "keep-alive", "proxy-connection", "te", "upgrade",
  ]

  /// RFC 9113 section 8.3, as far as a transformation may write them.
  private static func pseudoHeaders(_ direction: Direction) -> [String] {
    direction == .request ? [":method", ":path", ":authority", ":scheme"] : [":status"]
  }

  /// Envoy takes no pseudo-header away, and no `host`, whoever asks (source/common/http/header_utility.cc,
  /// `isRemovableHeader`).
  package static func isRemovable(_ name: HeaderName) -> Bool { !(name.isPseudoHeader || name == "host") }

  /// Which headers Envoy's `mutation_rules` let through only with `allow_all_routing`.
  package static let routing: Set<String> = ["host", ":authority", ":method", ":scheme"]

  // MARK: Repeated headers

  /// What stands between the values of a header that came more than once, read or written as one: `; ` in cookies
  /// (RFC 9113, section 8.2.3), else a comma (RFC 9110, section 5.3). Nil for `set-cookie`, whose values joined mean something
  /// else (RFC 6265, section 3).
  package static func separator(of name: UnsafeRawBufferPointer) -> StaticString? {
    if name.elementsEqual("set-cookie".utf8) { return nil }
    return name.elementsEqual("cookie".utf8) ? "; " : ","
  }
}
