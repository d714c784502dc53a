import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes each log message as one line.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  private let format: LogFormat
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> timespec

  init(
    level: Logger.Level, format: LogFormat,
    now: @escaping @Sendable () -> timespec = LineLogHandler.wallClock,
    write: @escaping @Sendable (String) -> Void
  ) {
    logLevel = level
    self.format = format
    self.now = now
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let line = LogLine(
      time: LineLogHandler.timestamp(now()), level: event.level, message: event.message.description,
      metadata: merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) })
    write(format.print(line))
  }

  /// RFC 3339, UTC, milliseconds.
  static func timestamp(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func pad(_ number: Int, _ width: Int = 2) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1))-\(pad(Int(parts.tm_mday)))"
    let clock = "\(pad(Int(parts.tm_hour))):\(pad(Int(parts.tm_min))):\(pad(Int(parts.tm_sec)))"
    return "\(date)T\(clock).\(pad(Int(time.tv_nsec) / 1_000_000, 3))Z"
  }

  /// - Parameter seconds: since 1970.
  static func timestamp(seconds: Double) -> String {
    var time = timespec()
    time.tv_sec = Int(seconds)
    time.tv_nsec = Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
    return timestamp(time)
  }

  static let wallClock: @Sendable () -> timespec = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time
  }
}
