import Logging
import Transformation

/// A log message that is about to be written.
struct LogLine {
  /// RFC 3339.
  let time: String
  let level: Logger.Level
  let message: String
  /// The logger's and the message's own, by key.
  let metadata: [(String, String)]

  /// One line:
  ///
  /// `2026-01-31T12:00:00.123Z info listening on unix:/run/x.sock listener=1`
  ///
  /// Whatever a message holds, it stays one line: control characters become U+FFFD.
  var text: String {
    var line = "\(time) \(level) \(message.printable)"
    for (key, value) in metadata { line += " \(key.printable)=\(LogLine.quoted(value))" }
    return line + "\n"
  }

  /// A value with spaces stands in quotes.
  private static func quoted(_ text: String) -> String {
    let text = text.printable
    guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" }) else { return text }
    return "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
  }
}
