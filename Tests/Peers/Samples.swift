/// Samples as a scraper reads them.
package struct Samples {
  private var values: [String: Double] = [:]
  /// What is wrong with the text.
  package private(set) var faults: [String] = []

  package init(_ text: String) {
    var types: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE ") {
        if types.updateValue(String(words[3]), forKey: String(words[2])) != nil {
          faults.append("twice: \(line)")
        }
        continue
      }
      if line.hasPrefix("# HELP ") { continue }
      let space = line.lastIndex(of: " ") ?? line.startIndex
      let name = String(line[..<space])
      guard let value = Double(line[line.index(after: space)...]) else {
        faults.append("no number: \(line)")
        continue
      }
      if values.updateValue(value, forKey: name) != nil { faults.append("twice: \(name)") }
      var family = String(name.prefix { $0 != "{" })
      for suffix in ["_bucket", "_sum", "_count"] where types[family] == nil && family.hasSuffix(suffix) {
        family.removeLast(suffix.count)
      }
      if types[family] == nil { faults.append("no type: \(name)") }
    }
  }

  package subscript(name: String) -> Double? { values[name] }

  package subscript(exchangesOf transformation: String) -> Double? {
    values["swiftformations_exchanges_total{transformation=\"\(transformation)\"}"]
  }
}
