internal import JSON

/// What Envoy lets the headers of a message be, after a mutation too: its defaults, as long as nobody says otherwise. The
/// one limit for both: what a configuration may ask for when it is loaded, and what comes of an exchange.
package struct HeaderLimits: Sendable, Equatable {
  /// `max_headers_count` of the HTTP connection manager. It limits the sets and the removals of a phase, each, too: Envoy
  /// answers 500 to more.
  package var headersMax = 100
  /// `max_request_headers_kb`, in bytes.
  package var headerBytesMax = 60 << 10

  package init() {}
}

/// What would make the headers of a message more than Envoy takes: found before it is done, and told with a name.
package enum HeaderExcess: Equatable {
  case tooManyMutations(Direction)
  /// The headers after the mutations.
  case tooLarge(Direction, count: Int, bytes: Int)

  package var reason: FailureReason {
    switch self {
    case .tooManyMutations: .tooManyHeaderMutations
    case .tooLarge: .headersTooLarge
    }
  }

  /// For people.
  package var message: String {
    switch self {
    case .tooManyMutations(let direction):
      "the \(direction) would get more header mutations than Envoy takes"
        + " (max_headers_count, \(HeaderLimits().headersMax) if unset)"
    case .tooLarge(let direction, let count, let bytes):
      "the \(direction) would have \(count) headers of \(bytes) bytes, which is more than Envoy takes"
        + " (max_headers_count, \(HeaderLimits().headersMax) if unset, and max_request_headers_kb,"
        + " \(HeaderLimits().headerBytesMax >> 10) if unset)"
    }
  }
}

extension Mutations {
  /// Nil when Envoy takes the mutations. `source` has the headers of the message.
  ///
  /// Names that Envoy itself ignores without harm (`host`, `:authority`, `x-envoy-…`) are left to it: its
  /// `mutation_rules` decide.
  package func excess(
    over limits: HeaderLimits, in source: some ExchangeSource, _ direction: Direction
  ) -> HeaderExcess? {
    var removals = 0
    var bytes = 0
    for header in headers {
      if header.operation == .remove { removals &+= 1 }
      bytes &+= header.name.bytes.count &+ header.value.count
    }
    let sets = headers.count &- removals &+ (bodyLength == .state ? 1 : 0)
    guard removals <= limits.headersMax, sets <= limits.headersMax else {
      return .tooManyMutations(direction)
    }
    guard sets > 0 else { return nil }
    let held = HeaderSize(source)
    // Only what may be over is worth a closer look: sets mostly replace nothing, removals mostly take nothing away.
    guard held.count &+ sets > limits.headersMax || held.bytes &+ bytes > limits.headerBytesMax else {
      return nil
    }
    let result = HeaderSize(source, after: self)
    guard result.count <= limits.headersMax, result.bytes <= limits.headerBytesMax else {
      return .tooLarge(direction, count: result.count, bytes: result.bytes)
    }
    return nil
  }
}

/// How much a message's headers are, as Envoy counts them: names and values.
private struct HeaderSize {
  var count = 0
  var bytes = 0

  init(_ source: some ExchangeSource) {
    source.forEachHeader { name, value in
      count &+= 1
      bytes &+= name.count &+ value.count
    }
  }

  /// What the headers will be once `mutations` are applied.
  init(_ source: some ExchangeSource, after mutations: Mutations) {
    let replaced = mutations.headers.filter { $0.operation != .append }
    source.forEachHeader { name, value in
      guard !replaced.contains(where: { $0.name.bytes.withUnsafeBytes(name.equals) }) else { return }
      count &+= 1
      bytes &+= name.count &+ value.count
    }
    for header in mutations.headers where header.operation != .remove {
      count &+= 1
      bytes &+= header.name.bytes.count &+ header.value.count
    }
  }
}
