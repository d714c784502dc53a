internal import GRPC
internal import Synchronization
internal import Transformation

/// Configurations that came in a gRPC header, compiled once for all threads.
///
/// Bounded, by number and by what they take of `HeldMemory`: when it is full, the one that was not used for longest goes.
/// Texts that do not compile are remembered too, since a route sends the same text with each request.
final class ConfigurationCache: Sendable {
  /// One for each route that carries its own; more than that share a cache badly, but work.
  static let entriesMax = 256
  /// Larger than what HTTP/2 servers take as headers by default.
  static let textBytesMax = 64 << 10

  /// What is kept of a text takes at most as much for each of its bytes: compiled, or as a text with an error.
  static let compiledBytesPerByte = 64
  static let refusedBytesPerByte = 2
  /// And as much beside that.
  private static let ownBytes = 16 << 10
  /// Of what all calls may hold, at most this part.
  private static let shareOfMemory = 4

  private struct Entry {
    let result: Result<Configuration, GRPCStatus>
    let byteCount: Int
    var lastUse: UInt64
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var byteCount = 0
    var uses: UInt64 = 0
    var compilations = 0
  }

  private let headerLimits: HeaderLimits
  private let held: HeldMemory
  private let state = Mutex(State())

  init(headerLimits: HeaderLimits = HeaderLimits(), held: HeldMemory = HeldMemory()) {
    self.headerLimits = headerLimits
    self.held = held
  }

  /// How often a text was compiled, for tests.
  var compilations: Int { state.withLock { $0.compilations } }
  var count: Int { state.withLock { $0.entries.count } }

  /// The configuration that `text` is. Throws `invalidArgument` with the first error and its place.
  func configuration(_ text: String) throws(GRPCStatus) -> Configuration {
    guard text.utf8.count <= ConfigurationCache.textBytesMax else {
      throw GRPCStatus(.invalidArgument, "longer than \(ConfigurationCache.textBytesMax) bytes")
    }
    if let known = lookUp(text) { return try known.get() }
    // Outside the lock: other threads go on. Two that miss at once compile twice, and one result stays.
    let result = compile(text)
    insert(result, for: text)
    return try result.get()
  }

  private func lookUp(_ text: String) -> Result<Configuration, GRPCStatus>? {
    state.withLock { state in
      guard let index = state.entries.index(forKey: text) else { return nil }
      state.uses &+= 1
      state.entries.values[index].lastUse = state.uses
      return state.entries.values[index].result
    }
  }

  /// Where there is no room for it even when no other is kept, it is not kept.
  private func insert(_ result: Result<Configuration, GRPCStatus>, for text: String) {
    let isCompiled = if case .success = result { true } else { false }
    let byteCount =
      Self.ownBytes + text.utf8.count * (isCompiled ? Self.compiledBytesPerByte : Self.refusedBytesPerByte)
    let byteCountMax = held.bytesMax / Self.shareOfMemory
    state.withLock { state in
      state.compilations &+= 1
      guard state.entries[text] == nil else { return }
      while state.entries.count >= Self.entriesMax || state.byteCount &+ byteCount > byteCountMax
        || !held.reserve(byteCount)
      {
        guard let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        state.entries[oldest.key] = nil
        state.byteCount &-= oldest.value.byteCount
        held.release(oldest.value.byteCount)
      }
      state.byteCount &+= byteCount
      state.uses &+= 1
      state.entries[text] = Entry(result: result, byteCount: byteCount, lastUse: state.uses)
    }
  }

  private func compile(_ text: String) -> Result<Configuration, GRPCStatus> {
    let (configuration, diagnostics) = Configuration.load(
      json: Array(text.utf8), headerLimits: headerLimits)
    if let configuration { return .success(configuration) }
    guard let error = diagnostics.first(where: { $0.severity == .error }) else {
      return .failure(GRPCStatus(.invalidArgument, "not a configuration"))
    }
    let place = "\(error.location.line):\(error.location.column)"
    return .failure(GRPCStatus(.invalidArgument, "\(place): \(error.path): \(error.message)"))
  }
}
