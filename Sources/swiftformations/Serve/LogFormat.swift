import ArgumentParser
import Logging

/// How log lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json

  func handler(_ level: Logger.Level, _ writer: LogWriter) -> any LogHandler {
    LineLogHandler(level: level, format: self, write: { writer.write($0) })
  }

  func print(_ line: LogLine) -> String {
    switch self {
    case .text: line.text
    case .json: line.json
    }
  }
}
