package import Logging
import Synchronization

/// What was logged, a line for each call.
package final class CapturedLog: Sendable {
  package struct Line: Sendable {
    package let level: Logger.Level
    package let metadata: [String: String]
  }

  private let captured = Mutex<[Line]>([])

  package init() {}

  package var lines: [Line] { captured.withLock { $0 } }
  package var handler: any LogHandler { Handler(log: self) }

  private func append(_ line: Line) { captured.withLock { $0.append(line) } }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.append(Line(level: event.level, metadata: (event.metadata ?? [:]).mapValues { "\($0)" }))
    }
  }
}
