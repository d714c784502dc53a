internal import Transformation

/// A request or a response as `render` has it: headers in order, pseudo-headers first, and a body.
package struct HTTPMessage: Sendable, Equatable {
  package struct Header: Sendable, Equatable {
    /// In lower case.
    package var name: String
    /// Bytes, as on the wire.
    package var value: [UInt8]

    package init(_ name: String, _ value: [UInt8]) {
      self.name = name
      self.value = value
    }

    package init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }

    package var isPseudoHeader: Bool { name.hasPrefix(":") }
    package var text: String { String(decoding: value, as: UTF8.self) }
  }

  package var headers: [Header]
  package var body: [UInt8]

  package init(headers: [Header], body: [UInt8] = []) {
    self.headers = headers
    self.body = body
  }

  /// The reply as the client gets it; one that speaks gRPC gets it from Envoy in gRPC's way.
  init(_ reply: LocalReply) {
    self.init(
      headers: [.init(":status", String(reply.status))] + reply.headers.map { .init($0.name, $0.value) }
        + [.init("content-length", String(reply.body.count))], body: reply.body)
  }

  /// The first value of a header, as text.
  package func first(_ name: String) -> String? { headers.first { $0.name == name }?.text }
}
