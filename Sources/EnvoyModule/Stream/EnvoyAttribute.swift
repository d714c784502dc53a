internal import CEnvoyModule
internal import Transformation

/// Envoy's attributes by number, with the values that an ext_proc server gets. Only numbers that an Envoy answers are
/// asked for: up to 1.38 it logs an error for each other one.
enum EnvoyAttribute {
  private static let protocolID: Int32 = 10
  private static let routeNameID: Int32 = 61
  private static let tlsVersionID: Int32 = 31
  private static let peerCertificateDigestID: Int32 = 38

  /// `xds.route_name`, borrowed until the next call; nil when the route has no name.
  static func routeName(of stream: EnvoyStream) -> UnsafeRawBufferPointer? {
    text(routeNameID, of: stream)
  }

  /// Whether the client speaks HTTP/1.
  static func isHTTP1(_ stream: EnvoyStream) -> Bool {
    text(protocolID, of: stream)?.starts(with: "HTTP/1".utf8) ?? false
  }

  static func connection(_ attribute: ConnectionAttribute, of stream: EnvoyStream) -> AttributeValue? {
    switch attribute {
    case .id: return int(28, of: stream)
    case .mtls: return mtls(of: stream)
    case .requestedServerName: return requestedServerName(of: stream)
    case .tlsVersion: return string(tlsVersionID, of: stream)
    case .subjectLocalCertificate: return subject(32, of: stream)
    case .subjectPeerCertificate: return subject(33, of: stream)
    case .dnsSANLocalCertificate: return string(34, of: stream)
    case .dnsSANPeerCertificate: return string(35, of: stream)
    case .uriSANLocalCertificate: return string(36, of: stream)
    case .uriSANPeerCertificate: return string(37, of: stream)
    case .sha256PeerCertificateDigest: return string(peerCertificateDigestID, of: stream)
    case .transportFailureReason: return since39(39, of: stream)
    case .terminationDetails: return since39(40, of: stream)
    }
  }

  /// Whether the client showed a certificate. Envoy tells it of TLS connections only, and since 1.38; before, a digest
  /// of the certificate says the same.
  private static func mtls(of stream: EnvoyStream) -> AttributeValue {
    guard envoy_line().rawValue >= ENVOY_1_38.rawValue else {
      return .bool(text(peerCertificateDigestID, of: stream) != nil)
    }
    var flag = false
    return .bool(envoy_attribute_bool(stream, 29, &flag) && flag)
  }

  /// Known to every Envoy, empty when the client named none; told to modules since 1.39 only. Without TLS there is none.
  private static func requestedServerName(of stream: EnvoyStream) -> AttributeValue? {
    if let name = since39(30, of: stream) { return name }
    let isEmpty = envoy_line().rawValue >= ENVOY_1_39.rawValue || text(tlsVersionID, of: stream) == nil
    return isEmpty ? .string([]) : nil
  }

  /// A certificate's subject: with TLS, that of a certificate that nobody showed is empty.
  private static func subject(_ id: Int32, of stream: EnvoyStream) -> AttributeValue? {
    string(id, of: stream) ?? text(tlsVersionID, of: stream).map { _ in .string([]) }
  }

  private static func int(_ id: Int32, of stream: EnvoyStream) -> AttributeValue? {
    var number: UInt64 = 0
    guard envoy_attribute_int(stream, id, &number) else { return nil }
    return Int64(exactly: number).map { .int($0) }
  }

  private static func since39(_ id: Int32, of stream: EnvoyStream) -> AttributeValue? {
    envoy_line().rawValue >= ENVOY_1_39.rawValue ? string(id, of: stream) : nil
  }

  private static func string(_ id: Int32, of stream: EnvoyStream) -> AttributeValue? {
    text(id, of: stream).map { .string(Array($0)) }
  }

  /// Nil for an empty text too.
  private static func text(_ id: Int32, of stream: EnvoyStream) -> UnsafeRawBufferPointer? {
    var value = EnvoyBuffer(start: nil, count: 0)
    guard envoy_attribute_string(stream, id, &value), !value.bytes.isEmpty else { return nil }
    return value.bytes
  }
}
