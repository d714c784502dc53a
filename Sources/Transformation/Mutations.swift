/// What one phase changes: data, which each adapter encodes its own way.
///
/// Values lie one behind the other in `bytes`, so that a phase costs a few appends and the storage can be used
/// again for the next exchange (`removeAll`).
///
/// Normal form: all `.remove` first, then `.set` and `.append` in their order, gives the same result as the order of
/// the configuration (set, add, remove), which is how Envoy applies the mutations of an ext_proc answer.
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
    /// Into `bytes`: a string value, valid UTF-8.
    package let value: Range<Int>
  }

  package private(set) var headers: [Header] = []
  package private(set) var metadata: [Metadata] = []
  /// The new body, into `bytes`; nil when it stays.
  package internal(set) var body: Range<Int>?
  /// What becomes of `content-length`; of a new body only.
  package internal(set) var bodyLength = BodyLength.keep
  package internal(set) var bytes: [UInt8] = []
  package internal(set) var effects: Effects = []
  /// Why the body was left unread; nil when it was not.
  package internal(set) var skipped: SkipReason?
  /// What went wrong without ending the exchange; to be logged.
  package internal(set) var failures: [Failure] = []

  package init() {}

  /// Empties it and keeps the storage, up to a bound.
  package mutating func removeAll() {
    if !headers.isEmpty { headers.removeAll(keepingCapacity: true) }
    if !metadata.isEmpty { metadata.removeAll(keepingCapacity: true) }
    body = nil
    bodyLength = .keep
    effects = []
    skipped = nil
    bytes.removeAll(keepingCapacity: bytes.capacity <= TransformationLimits.mutationBytesKept)
    if !failures.isEmpty { failures.removeAll(keepingCapacity: true) }
  }

  /// Makes room for what a phase is likely to write, so that the storage need not grow step by step.
  mutating func reserve(headers: Int, bytes: Int) {
    self.headers.reserveCapacity(headers)
    let guess = min(bytes, TransformationLimits.mutationBytesKept) &+ TransformationLimits.headerBytesGuessed
    self.bytes.reserveCapacity(guess)
  }

  /// Forgets what would have been changed; the failures stay.
  mutating func discardChanges() {
    discardAllButMetadata()
    metadata.removeAll(keepingCapacity: true)
    skipped = nil
  }

  private mutating func discardAllButMetadata() {
    headers.removeAll(keepingCapacity: true)
    body = nil
    bodyLength = .keep
    effects = []
  }

  /// Something went wrong around the message: it comes before what went wrong in it.
  package mutating func note(_ failure: Failure) { failures.insert(failure, at: 0) }

  /// What went wrong, to be reported; nothing did after that.
  package mutating func takeFailures() -> [Failure] {
    if failures.isEmpty { return [] }
    defer { failures = [] }
    return failures
  }

  /// Nothing but metadata can be changed any more; that there was more is noted.
  mutating func leaveMetadata() {
    if !(body?.isEmpty ?? true) || !headers.isEmpty { skipped = .trailersInstead }
    discardAllButMetadata()
  }

  mutating func setHeader(_ name: HeaderName, _ value: Range<Int>) {
    headers.append(Header(operation: .set, name: name, value: value))
  }

  mutating func appendHeader(_ name: HeaderName, _ value: Range<Int>) {
    headers.append(Header(operation: .append, name: name, value: value))
  }

  /// Also takes back what was set or appended before under that name: removes are applied first. What Envoy never removes
  /// stays as it came.
  package mutating func removeHeader(_ name: HeaderName) {
    if headers.contains(where: { $0.name == name }) { headers.removeAll { $0.name == name } }
    if HeaderRules.isRemovable(name) { removeUntouchedHeader(name) }
  }

  /// The same for a removable header that nothing was done to before: there may be as many of these as a client likes.
  mutating func removeUntouchedHeader(_ name: HeaderName) {
    headers.append(Header(operation: .remove, name: name, value: 0..<0))
  }

  /// Whether a header that `source` has would be set anew or removed; that `accept-encoding` is not counted.
  package func overrideHeaders(of source: some ExchangeSource) -> Bool {
    headers.contains { header in
      guard header.operation != .append, header.name != .acceptEncoding else { return false }
      var count = 0
      return header.name.bytes.withUnsafeBytes { source.header($0, at: 0, count: &count) } != nil
    }
  }

  /// The body becomes empty.
  package mutating func clearBody() { body = bytes.endIndex..<bytes.endIndex }

  mutating func setMetadata(namespace: String, key: String, _ value: Range<Int>) {
    metadata.append(Metadata(namespace: namespace, key: key, value: value))
  }
}
