import Logging
import Server
import Synchronization

/// Keeps the TLS identity in force up to date with its files. Files that are wrong change nothing.
///
/// Used from one queue; `status` from anywhere.
final class TLSReload: Sendable {
  struct Status: Sendable {
    /// What is wrong with the files as they are now.
    var fault: String?
    var loads = 1
    var refusals = 0
  }

  let identity: TLSIdentity
  private let logger: Logger
  private let state: Mutex<(status: Status, watch: FileWatch)>

  /// - Parameter known: what the files were before they were read.
  init(_ identity: TLSIdentity, known: [FileIdentity]?, logger: Logger) {
    self.identity = identity
    self.logger = logger
    state = Mutex((Status(), FileWatch(identity.files.paths, known: known)))
  }

  var status: Status { state.withLock { $0.status } }

  /// To be called once a second: reloads when a file has changed and all have come to rest.
  func look() {
    switch state.withLock({ $0.watch.look() }) {
    case .nothing: break
    case .changed: reload(isAsked: false)
    case .missing: refuse(missing, isAsked: false)
    }
  }

  /// Reads the files now, whether or not they seem to have changed.
  func reload() { reload(isAsked: true) }

  private func reload(isAsked: Bool) {
    guard let before = FileWatch.identities(identity.files.paths) else {
      return refuse(missing, isAsked: isAsked)
    }
    do {
      let isNew = try identity.reload()
      state.withLock { state in
        state.status.fault = nil
        if isNew { state.status.loads += 1 }
      }
      if isNew {
        logger.notice("TLS certificate reloaded", metadata: ["file": "\(identity.files.certificate)"])
      }
    } catch {
      // A certificate and a key of different times, or something that passes without a change of the files: they are
      // read again.
      state.withLock { $0.watch.forget() }
      guard before == FileWatch.identities(identity.files.paths) else { return }
      refuse("\(error)", isAsked: isAsked)
    }
  }

  private var missing: String {
    "missing: " + identity.files.paths.filter { FileIdentity(path: $0) == nil }.joined(separator: ", ")
  }

  /// - Parameter isAsked: somebody waits for an answer, also where it is the one before.
  private func refuse(_ reason: String, isAsked: Bool) {
    let isNews = state.withLock { state in
      defer { state.status.fault = reason }
      guard state.status.fault != reason else { return false }
      state.status.refusals += 1
      return true
    }
    if isNews || isAsked {
      logger.error("TLS files refused; those in force stay", metadata: ["reason": "\(reason)"])
    }
  }
}
