/// Where the server listens.
package enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
  case unix(path: String)
  /// Port 0 lets the system choose.
  case tcp(host: String, port: Int)

  /// A text that names no address.
  package struct ParseError: Error, Equatable, CustomStringConvertible {
    package let text: String
    package let reason: String
    package var description: String {
      "cannot listen on '\(text)': \(reason); write unix:PATH or HOST:PORT, for example "
        + "unix:/run/swiftformations.sock, 127.0.0.1:50051 or [::1]:50051"
    }
  }

  /// `unix:PATH` or `HOST:PORT` (`[::1]:50051` for IPv6).
  package init(_ text: String) throws(ParseError) {
    func fail(_ reason: String) -> ParseError { ParseError(text: text, reason: reason) }
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      if let reason = UnixSocketPath.fault(of: path) { throw fail(reason) }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":") else { throw fail("there is no port") }
    var host = String(text[..<colon])
    let digits = text[text.index(after: colon)...]
    guard let port = UInt16(digits), digits.allSatisfy(\.isNumber) else {
      throw fail("the port is not a number from 0 to 65535")
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw fail("an IPv6 address stands in brackets")
    }
    guard !host.isEmpty else {
      throw fail("there is no host (0.0.0.0 is every IPv4 interface, [::] every one)")
    }
    self = .tcp(host: host, port: Int(port))
  }

  /// Whether `host` is this machine alone: 127.0.0.0/8 (RFC 1122 section 3.2.1.3), also as an IPv6 address, ::1 or
  /// `localhost`.
  package static func isLoopback(host: String) -> Bool {
    let mapped = "::ffff:"
    let address = host.hasPrefix(mapped) ? host.dropFirst(mapped.count) : Substring(host)
    let isIPv4 = address.allSatisfy { $0 == "." || ($0.isASCII && $0.isNumber) }
    return (isIPv4 && address.hasPrefix("127.")) || host == "::1" || host == "localhost"
  }

  /// The form that `init` reads.
  package var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
