internal import ExtProc

/// What the admin endpoint shows. Asked for at each request, on the endpoint's own thread.
package struct AdminPages: Sendable {
  /// Whether traffic should come, and what to say of it: lines for people.
  package var ready: @Sendable () -> (isReady: Bool, text: String)
  /// In Prometheus's format.
  package var metrics: @Sendable () -> String
  /// JSON, without secrets.
  package var configuration: @Sendable () -> [UInt8]

  package init(
    ready: @escaping @Sendable () -> (isReady: Bool, text: String), metrics: @escaping @Sendable () -> String,
    configuration: @escaping @Sendable () -> [UInt8]
  ) {
    self.ready = ready
    self.metrics = metrics
    self.configuration = configuration
  }

  struct Response {
    var status: Int
    var contentType = "text/plain; charset=utf-8"
    var body: [UInt8]
    /// Of `allow`, where the method is wrong.
    var allow: String?

    static func text(_ status: Int, _ text: String) -> Response {
      Response(status: status, body: Array((text + "\n").utf8))
    }
  }

  /// - Parameters:
  ///   - uri: of the request line; what follows a `?` does not matter.
  ///   - isLocal: it comes from this machine. The configuration is shown to nobody else.
  ///   - host: the header `host`. A page of a browser on this machine, or at the end of a port-forward, can have its own name
  ///     resolve to this address, and names itself here.
  func response(method: String, uri: String, isLocal: Bool, host: String?) -> Response {
    let path = uri.prefix { $0 != "?" }
    guard ["/healthz", "/readyz", "/metrics", "/config"].contains(path) else {
      return .text(404, "not found; there are /healthz, /readyz, /metrics and /config")
    }
    guard method == "GET" || method == "HEAD" else {
      var response = Response.text(405, "only GET and HEAD")
      response.allow = "GET, HEAD"
      return response
    }
    switch path {
    case "/healthz":
      return .text(200, "ok")
    case "/readyz":
      let (isReady, text) = ready()
      return .text(isReady ? 200 : 503, text)
    case "/metrics":
      return Response(status: 200, contentType: Exposition.contentType, body: Array(metrics().utf8))
    default:
      guard isLocal else {
        return .text(403, "only for requests from the loopback interface; kubectl port-forward makes such")
      }
      guard host.map(Self.isLocal) ?? true else {
        return .text(403, "only for requests to localhost, by that name or by its address")
      }
      return Response(status: 200, contentType: "application/json", body: configuration())
    }
  }

  /// Whether `host`, which may have a port, is this machine's own name or address.
  private static func isLocal(host: String) -> Bool {
    let name =
      host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
    return ListenAddress.isLoopback(host: name.lowercased())
  }
}
