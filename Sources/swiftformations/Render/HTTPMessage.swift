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

  /// The first value of a header, as text.
  package func first(_ name: String) -> String? { headers.first { $0.name == name }?.text }
}
