import Foundation
import Transformation

/// The certificates of `Tests/Fixtures/parity/tls`, and what Envoy knows of a connection that was made with them.
enum Certificates {
  /// A client's side of TLS, with a certificate.
  static let clientSocket = socket(
    "UpstreamTlsContext",
    """
    sni: server.example,
    common_tls_context: { \(pair("client")), validation_context: { trusted_ca: { filename: \(file("ca.pem")) } } }
    """)

  /// A server's side, which asks for the client's certificate.
  static let serverSocket = socket(
    "DownstreamTlsContext",
    """
    require_client_certificate: true,
    common_tls_context: { \(pair("server")), validation_context: { trusted_ca: { filename: \(file("ca.pem")) } } }
    """)

  /// What a listener needs to know the server's name that a client asks for.
  static let inspector = """
    listener_filters: [ { name: tls_inspector, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
    } } ],
    """

  /// Those that a transformation can ask for.
  static let attributes = ConnectionAttribute.allCases.map { "connection.\($0.rawValue)" }

  private static func socket(_ type: String, _ context: String) -> String {
    """
    { name: tls, typed_config: {
      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.\(type), \(context)
    } }
    """
  }

  private static func pair(_ name: String) -> String {
    """
    tls_certificates: [ {
      certificate_chain: { filename: \(file("\(name).pem")) }, private_key: { filename: \(file("\(name).key")) }
    } ]
    """
  }

  private static func file(_ name: String) -> String {
    quote(Scenario.folder.appendingPathComponent("tls/\(name)").path)
  }
}
