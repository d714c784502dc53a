import JSON
import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes each log message as one JSON object on a line of its own:
///
/// `{"time":"2026-01-31T12:00:00.123Z","level":"info","message":"listening","address":"unix:/run/x.sock"}`
///
/// All values are strings. Metadata named as one of the first three is left out.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> timespec

  init(
    level: Logger.Level, now: @escaping @Sendable () -> timespec = LineLogHandler.wallClock,
    write: @escaping @Sendable (String) -> Void
  ) {
    logLevel = level
    self.now = now
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let first = [
      ("time", LineLogHandler.timestamp(now())), ("level", event.level.rawValue),
      ("message", event.message.description),
    ]
    let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let rest = merged.filter { key, _ in !first.contains { $0.0 == key } }.sorted { $0.key < $1.key }
    var line: [UInt8] = []
    for (key, value) in first + rest.map({ ($0.key, $0.value.description) }) {
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      JSONWriter.appendString(key, to: &line)
      line.append(UInt8(ascii: ":"))
      JSONWriter.appendString(value, to: &line)
    }
    line.append(contentsOf: "}\n".utf8)
    write(String(decoding: line, as: UTF8.self))
  }
}
