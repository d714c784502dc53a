/// The PEM files that TLS listeners need.
package struct TLSFiles: Sendable, Equatable {
  /// The server's certificate, and those between it and its root, in this order.
  package var certificate: String
  package var key: String
  /// Roots of clients' certificates: with them, who has none of theirs is not let in.
  package var clientAuthorities: String?

  package init(certificate: String, key: String, clientAuthorities: String?) {
    self.certificate = certificate
    self.key = key
    self.clientAuthorities = clientAuthorities
  }

  package var paths: [String] { [certificate, key] + (clientAuthorities.map { [$0] } ?? []) }

  /// Reads all of them, as they are now. Longer ones than this are none.
  static let bytesMax = 1 << 20
}

/// Why files are no identity to serve with, for people.
package struct TLSError: Error, Equatable, CustomStringConvertible {
  package let description: String
}
