import ArgumentParser
import Logging

/// How log lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json

  func handler(_ level: Logger.Level, _ writer: LogWriter) -> any LogHandler {
    switch self {
    case .text: LineLogHandler(level: level, write: { writer.write($0) })
    case .json: JSONLogHandler(level: level, write: { writer.write($0) })
    }
  }
}
