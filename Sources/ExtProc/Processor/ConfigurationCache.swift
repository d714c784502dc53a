internal import GRPC
internal import Synchronization
internal import Transformation

/// Configurations that came in a gRPC header, compiled once for all threads.
///
/// Bounded: when it is full, the one that was not used for longest goes. Texts that do not compile are remembered
/// too, since a route sends the same text with each request.
final class ConfigurationCache: Sendable {
  /// One for each route that carries its own; more than that share a cache badly, but work.
  static let entriesMax = 256
  /// Larger than what HTTP/2 servers take as headers by default.
  static let textBytesMax = 64 << 10

  private struct Entry {
    let result: Result<Configuration, GRPCStatus>
    var lastUse: UInt64
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var uses: UInt64 = 0
    var compilations = 0
  }

  private let headerLimits: HeaderLimits
  private let state = Mutex(State())

  init(headerLimits: HeaderLimits = HeaderLimits()) { self.headerLimits = headerLimits }

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

  private func insert(_ result: Result<Configuration, GRPCStatus>, for text: String) {
    state.withLock { state in
      state.compilations &+= 1
      if state.entries.count >= ConfigurationCache.entriesMax, state.entries[text] == nil,
        let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.entries[oldest.key] = nil
      }
      state.uses &+= 1
      state.entries[text] = Entry(result: result, lastUse: state.uses)
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
