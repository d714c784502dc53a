/// Where secrets stand in the text of a configuration, so that no excerpt of it shows them.
package struct SecretPlaces: Sendable {
  private enum Places {
    case some([Range<SourceLocation>])
    /// Nobody knows, so all of it.
    case anywhere
  }

  private let places: Places

  package static let none = SecretPlaces(.some([]))

  private init(_ places: Places) { self.places = places }

  /// Of the values below each field that is secret. `node` is nil for a text that cannot be read.
  package init(of node: ConfigurationNode?, in text: String) {
    if let node {
      var found: [Range<SourceLocation>] = []
      SecretPlaces.find(node, areSecret: false, &found)
      places = .some(found)
    } else {
      places = SecretPlaces.mayBe(in: text) ? .anywhere : .some([])
    }
  }

  /// Of a configuration as JSON.
  package init(json: [UInt8]) {
    self.init(of: try? ConfigurationNode.json(json), in: String(decoding: json, as: UTF8.self))
  }

  var areAnywhere: Bool {
    if case .anywhere = places { return true }
    return false
  }

  func hide(_ location: SourceLocation) -> Bool {
    switch places {
    case .some(let places): places.contains { $0.contains(location) }
    case .anywhere: true
    }
  }

  /// Whether the name of a secret field is anywhere in a text.
  package static func mayBe(in text: String) -> Bool {
    let text = Array(text.utf8)
    return FieldPlaces.secret.contains { name in
      text.indices.contains { text[$0] == name.utf8.first && text[$0...].starts(with: name.utf8) }
    }
  }

  /// As deep as the document is nested, which is bounded.
  private static func find(
    _ node: ConfigurationNode, areSecret: Bool, _ found: inout [Range<SourceLocation>]
  ) {
    switch node {
    case .null: break
    case .bool(let flag, let start) where areSecret: found.append(start..<start.moved(by: flag ? 4 : 5))
    case .number(let spelling, let start) where areSecret:
      found.append(start..<start.moved(by: spelling.utf8.count))
    case .string(let string) where areSecret: found.append(place(of: string))
    case .bool, .number, .string: break
    case .sequence(let elements, _):
      for element in elements { find(element, areSecret: areSecret, &found) }
    case .mapping(let members, _):
      for (key, value) in members {
        find(value, areSecret: areSecret || FieldPlaces.secret.contains(key.value), &found)
      }
    }
  }

  /// All that follows, where the format cannot tell its end.
  private static func place(of string: ConfigurationString) -> Range<SourceLocation> {
    let count = string.value.unicodeScalars.count
    let end = string.place?(count) ?? SourceLocation(line: .max, column: 1)
    return string.location..<max(string.location, end)
  }
}

extension SourceLocation: Comparable {
  package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }

  fileprivate func moved(by count: Int) -> SourceLocation {
    SourceLocation(line: line, column: column + count)
  }
}
