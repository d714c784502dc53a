internal import Synchronization
internal import Transformation

/// The values of the label `transformation`, each with a number: where its counter is in every event loop's block, so
/// that counting an exchange looks up no name. A name keeps its number until the process ends, so that its counter goes
/// on through reloads.
final class TransformationLabels: Sendable {
  /// Labels that are counted by themselves; names that come later share `others`. Reloads may bring ever new ones.
  static let labelsMax = 1_000
  /// How many numbers there may be.
  static let numbersMax = labelsMax + 1

  // Names of transformations have no spaces, so that these are none.
  static let none = "no transformation"
  static let fromHeader = "from x-swiftformations-config"
  static let others = "all others"

  static let noneNumber = 0
  static let fromHeaderNumber = 1

  private struct Labels {
    /// By number.
    var texts = [TransformationLabels.none, TransformationLabels.fromHeader]
    var numbers = [
      TransformationLabels.none: TransformationLabels.noneNumber,
      TransformationLabels.fromHeader: TransformationLabels.fromHeaderNumber,
    ]

    mutating func number(of name: String) -> Int {
      if let number = numbers[name] { return number }
      let label = texts.count < labelsMax ? name : others
      if let number = numbers[label] { return number }
      numbers[label] = texts.count
      texts.append(label)
      return texts.count - 1
    }
  }

  private let labels = Mutex(Labels())

  /// All that were given a number, in the numbers' order.
  var all: [String] { labels.withLock { $0.texts } }

  /// The numbers of a configuration's transformations, by `Transformation.index`.
  func numbers(of configuration: Configuration) -> [Int] {
    // In the order of the file, so that the numbers are the same from start to start. That all indexes are somebody's is
    // not relied on.
    let transformations = configuration.transformations.values.sorted { $0.index < $1.index }
    var numbers = [Int](repeating: Self.noneNumber, count: (transformations.last?.index ?? -1) + 1)
    labels.withLock { labels in
      for transformation in transformations {
        numbers[transformation.index] = labels.number(of: transformation.name)
      }
    }
    return numbers
  }
}
