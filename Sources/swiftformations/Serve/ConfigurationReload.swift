import ConfigurationFiles
import Logging
import Synchronization
import Transformation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keeps the configuration in force up to date with its file. A file that is wrong changes nothing: the configuration
/// that is in force goes on, and the fault is told.
///
/// Used from one queue; `status` from anywhere.
final class ConfigurationReload: Sendable {
  /// What others tell of the configuration.
  struct Status: Sendable {
    /// The SHA-256 of the text in force, as `sha256sum` prints it.
    var version: String
    /// When it was taken into force; wall clock, seconds since 1970.
    var loadedAt: Double
    /// What is wrong with the file as it is now; nil when it is the one in force.
    var fault: Fault?
    var loads = 1
    var refusals = 0
  }

  /// One line for each error. None of the file's own text: a line of it may hold a secret.
  struct Fault: Sendable, Equatable {
    let lines: [String]

    var summary: String {
      (lines.first ?? "") + (lines.count > 1 ? " (and \(lines.count - 1) more)" : "")
    }
  }

  /// The file in force, as far as it is still needed.
  struct InForce: Sendable {
    let name: String
    let text: String
    /// JSON, secrets hidden. Made once for each load: a request for it holds up no scrape.
    let shown: [UInt8]

    fileprivate init(_ file: ConfigurationFile) {
      name = file.name
      text = file.text
      shown = file.node.map { RedactedConfiguration($0).json } ?? Array("null".utf8)
    }
  }

  private struct State {
    var status: Status
    var inForce: InForce
    /// The text that `status.fault` is about.
    var refusedText: String?
    var watch: FileWatch
  }

  private let path: String
  private let headerLimits: HeaderLimits
  private let logger: Logger
  private let apply: @Sendable (Configuration) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - file: what was read from `path` and is in force.
  ///   - known: what the file was before it was read.
  ///   - headerLimits: what `file` was read with.
  ///   - apply: takes a new configuration into force.
  init(
    path: String, file: ConfigurationFile, known: FileIdentity?, headerLimits: HeaderLimits = HeaderLimits(),
    logger: Logger, apply: @escaping @Sendable (Configuration) -> Void
  ) {
    self.path = path
    canReload = path != "-" && known != nil
    self.headerLimits = headerLimits
    self.logger = logger
    self.apply = apply
    let status = Status(version: file.version, loadedAt: ConfigurationReload.wallClock)
    state = Mutex(
      State(status: status, inForce: InForce(file), watch: FileWatch([path], known: known.map { [$0] })))
  }

  var status: Status { state.withLock { $0.status } }
  var inForce: InForce { state.withLock { $0.inForce } }

  /// Standard input, and pipes, are read once.
  let canReload: Bool

  /// To be called once a second: reloads when the file has changed and come to rest.
  func look() {
    guard canReload else { return }
    switch state.withLock({ $0.watch.look() }) {
    case .nothing: break
    case .changed: reload(isAsked: false)
    case .missing: refuse(text: nil, missing, isAsked: false)
    }
  }

  /// Reads the file now, whether or not it seems to have changed.
  func reload() {
    guard canReload else {
      logger.warning("the configuration came from a pipe, and cannot be read again")
      return
    }
    reload(isAsked: true)
  }

  private func reload(isAsked: Bool) {
    guard let before = FileIdentity(path: path) else { return refuse(text: nil, missing, isAsked: isAsked) }
    let file: ConfigurationFile
    do {
      file = try ConfigurationFile.load(path, headerLimits: headerLimits)
    } catch {
      // What kept it from being read may pass without a change of the file: it is tried again.
      state.withLock { $0.watch.forget() }
      return refuse(text: nil, Fault(lines: ["\(error)"]), isAsked: isAsked)
    }
    guard before == FileIdentity(path: path) else { return state.withLock { $0.watch.forget() } }
    let (inForce, refused) = state.withLock { ($0.inForce.text, $0.refusedText) }
    if file.text == inForce { return keep(isAsked: isAsked) }
    if file.text == refused, !isAsked { return }
    guard let configuration = file.configuration else {
      let errors = file.diagnostics.filter { $0.severity == .error }
      return refuse(text: file.text, Fault(lines: errors.map(file.line)), isAsked: isAsked)
    }
    take(file, configuration)
  }

  private var missing: Fault { Fault(lines: ["\(path): error: \(FileIdentity.absence(path: path))"]) }

  private func take(_ file: ConfigurationFile, _ configuration: Configuration) {
    apply(configuration)
    let version = file.version
    let inForce = InForce(file)
    state.withLock { state in
      state.inForce = inForce
      state.refusedText = nil
      state.status.version = version
      state.status.loadedAt = ConfigurationReload.wallClock
      state.status.fault = nil
      state.status.loads += 1
    }
    for warning in file.diagnostics where warning.severity != .note {
      logger.warning("\(file.line(of: warning))")
    }
    logger.notice(
      "configuration reloaded",
      metadata: [
        "file": "\(path)", "transformations": "\(configuration.transformations.count)",
        "version": "\(version.prefix(12))",
      ])
  }

  /// - Parameter isAsked: somebody waits for an answer, also where it is the one before.
  private func refuse(text: String?, _ fault: Fault, isAsked: Bool) {
    let isNews = state.withLock { state in
      defer {
        state.refusedText = text
        state.status.fault = fault
      }
      guard state.status.fault != fault else { return false }
      state.status.refusals += 1
      return true
    }
    guard isNews || isAsked else { return }
    logger.error(
      "configuration refused; the one in force stays",
      metadata: ["file": "\(path)", "reason": "\(fault.summary)"])
  }

  /// The file has the text that is in force.
  private func keep(isAsked: Bool) {
    let wasRefused = state.withLock { state in
      defer {
        state.refusedText = nil
        state.status.fault = nil
      }
      return state.status.fault != nil
    }
    if isAsked || wasRefused {
      logger.notice("the configuration in force is the file's", metadata: ["file": "\(path)"])
    }
  }

  private static var wallClock: Double {
    let now = LineLogHandler.wallClock()
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

extension ConfigurationFile {
  /// The SHA-256 of the text in hexadecimal digits.
  var version: String {
    Array(text.utf8).withUnsafeBytes { SHA256.hash($0) }.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  fileprivate func line(of diagnostic: Diagnostic) -> String {
    "\(name):\(diagnostic.location.line):\(diagnostic.location.column): \(diagnostic.severity.rawValue): "
      + diagnostic.message
  }
}
