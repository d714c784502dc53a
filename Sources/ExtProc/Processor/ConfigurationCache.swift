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
    let compiled: CompiledText
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

  /// The configuration that `text` is, or the first error in it with its place. Throws when there is no room for it.
  func configuration(_ text: String) throws(GRPCStatus) -> CompiledText {
    guard text.utf8.count <= ConfigurationCache.textBytesMax else {
      throw GRPCStatus(.invalidArgument, "longer than \(ConfigurationCache.textBytesMax) bytes")
    }
    if let known = lookUp(text) { return known }
    // Outside the lock: other threads go on. Two that miss at once compile twice, and one result stays.
    return try insert(compile(text), for: text)
  }

  private func lookUp(_ text: String) -> CompiledText? {
    state.withLock { state in
      guard let index = state.entries.index(forKey: text) else { return nil }
      state.uses &+= 1
      state.entries.values[index].lastUse = state.uses
      return state.entries.values[index].compiled
    }
  }

  private func insert(
    _ result: Result<Configuration, GRPCStatus>, for text: String
  ) throws(GRPCStatus) -> CompiledText {
    let isCompiled = if case .success = result { true } else { false }
    let byteCount =
      Self.ownBytes + text.utf8.count * (isCompiled ? Self.compiledBytesPerByte : Self.refusedBytesPerByte)
    let byteCountMax = held.bytesMax / Self.shareOfMemory
    let compiled = state.withLock { state -> CompiledText? in
      state.compilations &+= 1
      if let other = state.entries[text] { return other.compiled }
      while state.entries.count >= Self.entriesMax || state.byteCount &+ byteCount > byteCountMax {
        guard removeOldest(from: &state) else { break }
      }
      // What goes is free at once, unless a stream still uses it.
      var compiled = CompiledText(result, byteCount: byteCount, in: held)
      while compiled == nil, removeOldest(from: &state) {
        compiled = CompiledText(result, byteCount: byteCount, in: held)
      }
      guard let compiled else { return nil }
      state.byteCount &+= byteCount
      state.uses &+= 1
      state.entries[text] = Entry(compiled: compiled, lastUse: state.uses)
      return compiled
    }
    guard let compiled else { throw .outOfMemory }
    return compiled
  }

  private func removeOldest(from state: inout State) -> Bool {
    guard let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return false }
    state.entries[oldest.key] = nil
    state.byteCount &-= oldest.value.compiled.byteCount
    return true
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

/// What became of a text, counted as long as the cache or a stream has it.
final class CompiledText: Sendable {
  /// The first error, with its place, where it is no configuration.
  let result: Result<Configuration, GRPCStatus>
  let byteCount: Int
  private let held: HeldMemory

  /// Nil when there is no room for it.
  fileprivate init?(_ result: Result<Configuration, GRPCStatus>, byteCount: Int, in held: HeldMemory) {
    guard held.reserve(byteCount) else { return nil }
    self.result = result
    self.byteCount = byteCount
    self.held = held
  }

  deinit { held.release(byteCount) }
}
