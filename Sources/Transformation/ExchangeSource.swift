internal import JSON

/// Where an exchange looks things up, in the direction whose phase it is in. The adapter implements it over what it
/// has: a decoded message, Envoy's header map. Asked only during the call of a phase.
package protocol ExchangeSource: AnyObject {
  /// The value number `index` (from 0) of the header, and how many values there are. Nil when there are not that many.
  /// `name` is in lower case; pseudo-headers (`:path`) are headers. The answer is borrowed until the next call.
  func header(_ name: UnsafeRawBufferPointer, at index: Int, count: inout Int) -> UnsafeRawBufferPointer?

  /// Every header in order, names in lower case. Only asked where a template computes a header's name.
  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void)

  /// `x-request-id` of the request, in the response's phases too; nil when there is none.
  var requestID: [UInt8]? { get }

  /// The request's headers in the response's phases, where they can still be asked: `keepsRequest`. Else nil.
  var requestSource: (any ExchangeSource)? { get }
  var keepsRequest: Bool { get }

  /// An attribute of the connection; nil when it is not known.
  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue?
}

extension ExchangeSource {
  package var requestSource: (any ExchangeSource)? { nil }
  package var keepsRequest: Bool { false }

  /// Calls `body` with each value of a header, borrowed, in one pass over the headers at most: asked for one by one, each
  /// value of a repeated header would be a search.
  @inline(__always)
  package func forEachValue(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var count = 0
    guard let only = header(name, at: 0, count: &count) else { return }
    guard count > 1 else { return body(only) }
    forEachHeader { found, value in
      if found.equals(name) { body(value) }
    }
  }

  /// Of a response: its status is there, and tells of no success.
  var tellsOfError: Bool { firstValue(":status").map { !Framing.isSuccess(status: $0) } ?? false }

  /// The only or first value of a header, borrowed until the next call.
  package func firstValue(_ name: StaticString) -> UnsafeRawBufferPointer? {
    var count = 0
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return header(name, at: 0, count: &count)
  }
}

/// What Envoy knows of the downstream connection, by Envoy's names with `connection.` before it (Envoy's
/// documentation: configuration, advanced, attributes).
package enum ConnectionAttribute: String, CaseIterable, Sendable {
  case id, mtls
  case tlsVersion = "tls_version"
  case requestedServerName = "requested_server_name"
  case subjectLocalCertificate = "subject_local_certificate"
  case subjectPeerCertificate = "subject_peer_certificate"
  case dnsSANLocalCertificate = "dns_san_local_certificate"
  case dnsSANPeerCertificate = "dns_san_peer_certificate"
  case uriSANLocalCertificate = "uri_san_local_certificate"
  case uriSANPeerCertificate = "uri_san_peer_certificate"
  case sha256PeerCertificateDigest = "sha256_peer_certificate_digest"
  case transportFailureReason = "transport_failure_reason"
  case terminationDetails = "termination_details"
}

package enum AttributeValue: Sendable, Equatable {
  case string([UInt8])
  case int(Int64)
  case bool(Bool)
}
