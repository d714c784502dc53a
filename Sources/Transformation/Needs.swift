/// The phases and data that a transformation needs: what it does not need, the adapter does not ask Envoy for.
package struct Needs: Sendable, Equatable {
  package struct Direction: Sendable, Equatable {
    /// The header phase: headers are read or changed, or the body is replaced.
    package var headers = false
    /// The whole body must be collected, because it is parsed or a template reads it.
    package var body = false
    /// Where a body is longer than what is waited for, it passes unread.
    package var skipsLongBody = false
    /// The body is replaced by a template (whether or not it is read).
    package var replacesBody = false
    /// Names read by templates with a literal name, sorted. In the response direction: response headers.
    package var headersRead: [String] = []
    /// A template computes the name of a header that it reads.
    package var readsAnyHeader = false
    /// Top-level JSON fields read, sorted.
    package var fieldsRead: [String] = []
    /// Names set, added or removed, sorted.
    package var headersWritten: [String] = []
    /// Names that no rule names and that are removed all the same, sorted: `accept-encoding` of a request whose response's
    /// body is read.
    package var headersImplied: [String] = []
    /// `request.clearRouteCache`; nil when the configuration does not say.
    package var clearsRouteCache: Bool?
    /// Namespaces of dynamic metadata written, sorted.
    package var metadataNamespaces: [String] = []

    package init() {}
  }

  package var request = Direction()
  package var response = Direction()
  /// Request headers that response templates read, sorted; `request.headers` is true when there are any.
  package var requestHeadersForResponse: [String] = []
  /// A response template computes the name of a request header that it reads.
  package var readsAnyRequestHeaderInResponse = false
  /// Read by some template, sorted by name.
  package var connectionAttributes: [ConnectionAttribute] = []

  package init() {}

  package var isNothing: Bool { !request.headers && !response.headers }
}
