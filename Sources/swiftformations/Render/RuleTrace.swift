package import Transformation

/// What came of each rule of an exchange, in the order in which they ran.
package final class RuleTrace: RuleSink {
  package struct Entry: Equatable {
    /// `request.set[0]`
    package let place: String
    package let outcome: RuleOutcome
    /// What was rendered, where it is applied.
    package let value: [UInt8]

    /// One word: `applied`, `empty`, `without_body`, `kept`, `removed`, `refused`.
    package var word: String {
      switch outcome {
      case .applied: "applied"
      case .empty: "empty"
      case .withoutBody: "without_body"
      case .failed(_, .kept): "kept"
      case .failed(_, .removed): "removed"
      case .failed(_, .refused): "refused"
      }
    }

    /// For people, in one line.
    package var line: String {
      switch outcome {
      case .applied where value.isEmpty: "\(place): applied"
      case .applied: "\(place): applied: \(Entry.cut(value))"
      case .empty: "\(place): rendered nothing"
      case .withoutBody: "\(place): not applied: there is no body that it could read or replace"
      case .failed(let failure, .kept): "\(place): failed, left as it was: \(failure.message.printable)"
      case .failed(let failure, .removed): "\(place): failed, header removed: \(failure.message.printable)"
      case .failed(let failure, .refused(let status)):
        "\(place): failed, answered with \(status): \(failure.message.printable)"
      }
    }

    /// The longest value that a line shows, in bytes.
    private static let bytesShownMax = 200

    private static func cut(_ value: [UInt8]) -> String {
      let text = String(decoding: value.prefix(bytesShownMax), as: UTF8.self).printable
      return value.count > bytesShownMax ? "\(text)… (\(value.count) bytes)" : text
    }
  }

  package private(set) var entries: [Entry] = []

  package func note(place: String, _ outcome: RuleOutcome, value: UnsafeRawBufferPointer) {
    entries.append(Entry(place: place, outcome: outcome, value: Array(value)))
  }
}
