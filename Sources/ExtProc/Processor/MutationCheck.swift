internal import Transformation

/// What Envoy lets the headers of a message be, after a mutation too: its defaults, as long as nobody says otherwise.
package struct HeaderLimits: Sendable, Equatable {
  /// `max_headers_count` of the HTTP connection manager. It limits the sets and the removals of an answer, each, too.
  package var headersMax = 100
  /// `max_request_headers_kb`, in bytes.
  package var headerBytesMax = 60 << 10
}

/// What Envoy would answer with a 500 of its own: found before it is sent, and told with a name.
///
/// Names that Envoy itself ignores without harm (`host`, `:authority`, `x-envoy-…`) are left to it: its
/// `mutation_rules` decide.
enum MutationCheck {
  /// Nil when Envoy takes the mutations. `statesLength`: `content-length` goes with them.
  static func obstacle(
    _ mutations: Mutations, to source: HeaderSource, _ direction: Direction, statesLength: Bool,
    _ limits: HeaderLimits
  ) -> Obstacle? {
    var removals = 0
    var bytes = 0
    for header in mutations.headers {
      if header.operation == .remove { removals &+= 1 }
      bytes &+= header.name.bytes.count &+ header.value.count
    }
    let sets = mutations.headers.count &- removals &+ (statesLength ? 1 : 0)
    guard removals <= limits.headersMax, sets <= limits.headersMax else {
      return .tooManyMutations(direction)
    }
    guard sets > 0 else { return nil }
    let held = source.size
    // Only what may be over is worth a closer look: sets mostly replace nothing, removals mostly take nothing away.
    guard held.count &+ sets > limits.headersMax || held.bytes &+ bytes > limits.headerBytesMax else {
      return nil
    }
    let result = source.size(after: mutations)
    guard result.count <= limits.headersMax, result.bytes <= limits.headerBytesMax else {
      return .headersTooLarge(direction, count: result.count, bytes: result.bytes)
    }
    return nil
  }
}

/// How much a message's headers are, as Envoy counts them: names and values.
struct HeaderSize: Equatable {
  var count = 0
  var bytes = 0
}

extension HeaderSource {
  var size: HeaderSize {
    var size = HeaderSize()
    forEachHeader { name, value in
      size.count &+= 1
      size.bytes &+= name.count &+ value.count
    }
    return size
  }

  /// What the headers will be once `mutations` are applied.
  func size(after mutations: Mutations) -> HeaderSize {
    var size = HeaderSize()
    let replaced = mutations.headers.filter { $0.operation != .append }
    forEachHeader { name, value in
      guard !replaced.contains(where: { $0.name.bytes.elementsEqual(name) }) else { return }
      size.count &+= 1
      size.bytes &+= name.count &+ value.count
    }
    for header in mutations.headers where header.operation != .remove {
      size.count &+= 1
      size.bytes &+= header.name.bytes.count &+ header.value.count
    }
    return size
  }
}
