/// What one phase changes: data, which each adapter encodes its own way.
///
/// Values lie one behind the other in `bytes`, so that a phase costs a few appends and the storage can be used
/// again for the next exchange (`removeAll`).
///
/// Normal form: all `.remove` first, then `.set` and `.append` in their order, gives the same result as the order of
/// the configuration (set, add, remove), which is how Envoy applies ext_proc mutations.
package struct Mutations: Sendable {
  package enum Operation: Sendable { case set, append, remove }

  package struct Header: Sendable {
    package let operation: Operation
    package let name: HeaderName
    /// Into `bytes`; empty for `.remove`.
    package let value: Range<Int>
  }

  package struct Metadata: Sendable {
    package let namespace: String
    package let key: String
    /// Into `bytes`: the string value, valid UTF-8.
    package let value: Range<Int>
  }

  package internal(set) var headers: [Header] = []
  package internal(set) var metadata: [Metadata] = []
  /// The new body; nil when it stays. The adapter sets `content-length` to fit, or removes it.
  package internal(set) var body: Range<Int>?
  package internal(set) var bytes: [UInt8] = []
  /// What went wrong without ending the exchange; to be logged.
  package internal(set) var failures: [Failure] = []

  package init() {}
  package var isEmpty: Bool { headers.isEmpty && metadata.isEmpty && body == nil }

  /// Empties it and keeps the storage, up to a bound.
  package mutating func removeAll() { fatalError() }
}

/// One thing that went wrong in an exchange.
package struct Failure: Sendable {
  /// `request.set[0]`
  package let place: String
  /// Short and stable, for metrics and `details`: `body_not_json`.
  package let reason: String
  /// For people.
  package let message: String
}

/// A header's name in lower case, checked (RFC 9110 section 5.1, pseudo-headers of RFC 9113 section 8.3 too).
package struct HeaderName: Hashable, Sendable {
  package let bytes: [UInt8]
  /// Nil when `name` is not a header name.
  package init?(_ name: String) { fatalError() }
  package var description: String { String(decoding: bytes, as: UTF8.self) }
}
