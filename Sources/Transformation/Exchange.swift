/// One HTTP exchange that passes through one transformation: a request and its response.
///
/// A value, made when the request headers arrive (or the response headers, where the request was not seen) and asked
/// once a phase. It does no I/O and knows nothing of Envoy. Phases that the transformation does not need may be
/// left out by the adapter; phases that it does not need and that come anyway answer `.proceed` with no mutations.
package struct Exchange {
  package init(_ transformation: Transformation) { fatalError() }

  /// The request's headers are here. `endOfStream`: no body follows.
  ///
  /// `.awaitBody`: hold the headers, collect the body, call `requestBody`. Else the mutations are final for this
  /// direction, and `mutations.body`, if any, replaces whatever body follows.
  package mutating func requestHeaders(
    _ source: any ExchangeSource, endOfStream: Bool, into mutations: inout Mutations
  ) -> Action { fatalError() }

  /// The request's whole body is here. `source` still answers for the headers of this direction.
  /// `complete`: false when only a part of the body could be buffered; a template that needs the body then fails.
  package mutating func requestBody(
    _ body: UnsafeRawBufferPointer, complete: Bool, source: any ExchangeSource, into mutations: inout Mutations
  ) -> Action { fatalError() }

  package mutating func responseHeaders(
    _ source: any ExchangeSource, endOfStream: Bool, into mutations: inout Mutations
  ) -> Action { fatalError() }

  package mutating func responseBody(
    _ body: UnsafeRawBufferPointer, complete: Bool, source: any ExchangeSource, into mutations: inout Mutations
  ) -> Action { fatalError() }
}

/// What the adapter does next.
package enum Action {
  /// Apply the mutations and go on; this direction is done.
  case proceed
  /// Hold the headers and collect the whole body.
  case awaitBody
  /// Answer the client with this instead; the mutations are void.
  case reply(LocalReply)
}

/// An answer of ours in place of the upstream's.
package struct LocalReply: Sendable, Equatable {
  /// 200 to 599.
  package var status: Int
  /// JSON text; always valid UTF-8. Goes with `content-type: application/json`.
  package var body: [UInt8]
  /// For `%RESPONSE_CODE_DETAILS%`: names the transformation and the reason; no white space.
  package var details: String
}

/// Where an exchange looks things up, in the direction whose phase it is in. The adapter implements it over what it
/// has: a decoded message, Envoy's header map. Asked only during the call of a phase.
package protocol ExchangeSource: AnyObject {
  /// The value number `index` (from 0) of the header, and how many there are. Nil when there are not that many.
  /// The bytes are borrowed until the next call. Pseudo-headers (`:path`) are headers.
  func header(_ name: HeaderName, at index: Int, count: inout Int) -> UnsafeRawBufferPointer?
  /// Every header in order. Only asked where a template computes a header's name.
  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void)
  /// An attribute of the connection; nil when it is not known.
  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue?
}

/// What Envoy knows of the downstream connection, by Envoy's names with `connection.` before it.
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
