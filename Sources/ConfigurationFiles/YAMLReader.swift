import Transformation
import Yams

/// Reads YAML text into the tree that the configuration is compiled from.
///
/// Scalars mean what they mean in YAML 1.2's core schema, and no more: `true`, `false`, `null`, `~`, an empty
/// value and numbers as JSON writes them. So `yes`, `on`, `NO` and `0x10` are strings. A number keeps its
/// spelling, so that a template value `1.10` stays `1.10` without quotes. Merge keys (`<<`) work as in YAML
/// 1.1. Other tags than those of the core schema are errors.
struct YAMLReader {
  /// How many values a text may have, each alias counted with all that it stands for: nine lines can ask for
  /// a billion.
  static let nodesMax = 100_000
  /// How many of these may be more than the text has characters: then they are aliases'.
  static let aliasedNodesMax = 10_000
  /// How deep collections may nest; a configuration needs about ten levels.
  static let depthMax = 100

  private let text: YAMLText
  private var nodes = 0
  private let nodesMax: Int

  static func read(_ yaml: String) throws(Diagnostic) -> ConfigurationNode {
    let text = YAMLText(yaml)
    let root: Node?
    do {
      root = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot()
    } catch {
      throw YAMLReader.diagnostic(error, text)
    }
    guard let root else { return .null(SourceLocation(line: 1, column: 1)) }
    var reader = YAMLReader(text: text)
    return try reader.convert(root, depth: 1)
  }

  private init(text: YAMLText) {
    self.text = text
    nodesMax = min(YAMLReader.nodesMax, YAMLReader.aliasedNodesMax + text.scalars.count)
  }

  // MARK: Nodes

  private mutating func convert(_ node: Node, depth: Int) throws(Diagnostic) -> ConfigurationNode {
    let start = start(of: node)
    let location = text.location(at: start)
    nodes += 1
    guard nodes <= nodesMax else {
      throw error(location, "more than \(nodesMax) values, aliases followed")
    }
    guard depth <= YAMLReader.depthMax else {
      throw error(location, "nested deeper than \(YAMLReader.depthMax) levels")
    }
    switch node {
    case .scalar(let scalar):
      return try convert(scalar, at: start)
    case .sequence(let sequence):
      try check(sequence.tag, is: .seq, at: location)
      var elements: [ConfigurationNode] = []
      for element in sequence { elements.append(try convert(element, depth: depth + 1)) }
      return .sequence(elements, location)
    case .mapping(let mapping):
      try check(mapping.tag, is: .map, at: location)
      return .mapping(try members(of: mapping, depth: depth), location)
    case .alias:
      // The parser puts the anchor's node in place of its aliases.
      throw error(location, "an alias that cannot be followed")
    }
  }

  private mutating func members(
    of mapping: Node.Mapping, depth: Int
  ) throws(Diagnostic) -> [(key: ConfigurationString, value: ConfigurationNode)] {
    var members: [(key: ConfigurationString, value: ConfigurationNode)] = []
    var merged: [(key: ConfigurationString, value: ConfigurationNode)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw error(
          location(of: key), "a key must be a string" + YAMLReader.quotesHint(text, at: location(of: key)))
      }
      if scalar.style == .plain, scalar.string == "<<" {
        merged += try mergedMembers(value, depth: depth + 1)
      } else {
        members.append((string(scalar, at: start(of: key)), try convert(value, depth: depth + 1)))
      }
    }
    // What the mapping says itself comes before what it merges, and of that the first.
    var names = Set(members.map(\.key.value))
    for member in merged where names.insert(member.key.value).inserted { members.append(member) }
    return members
  }

  /// The members of `<<: *one` or `<<: [*one, *two]`.
  private mutating func mergedMembers(
    _ node: Node, depth: Int
  ) throws(Diagnostic) -> [(key: ConfigurationString, value: ConfigurationNode)] {
    switch try convert(node, depth: depth) {
    case .mapping(let members, _):
      return members
    case .sequence(let elements, let location):
      var members: [(key: ConfigurationString, value: ConfigurationNode)] = []
      for element in elements {
        guard case .mapping(let more, _) = element else { throw error(location, YAMLReader.badMerge) }
        members += more
      }
      return members
    default:
      throw error(location(of: node), YAMLReader.badMerge)
    }
  }

  private static let badMerge = "'<<' merges a mapping or a list of mappings"

  // MARK: Scalars

  private func convert(
    _ scalar: Node.Scalar, at start: Int
  ) throws(Diagnostic) -> ConfigurationNode {
    let location = text.location(at: start)
    switch Tag.Name(rawValue: scalar.tag.rawValue) {
    case .implicit where scalar.style == .plain: break
    case .null, .bool, .int, .float: break
    case .implicit, .str, YAMLReader.nonSpecific: return .string(string(scalar, at: start))
    default: throw error(location, "unknown tag '\(scalar.tag.rawValue)'")
    }
    switch scalar.string {
    case "", "~", "null", "Null", "NULL": return .null(location)
    case "true": return .bool(true, location)
    case "false": return .bool(false, location)
    case let spelling where spelling.isJSONNumber: return .number(spelling, location)
    default: return .string(string(scalar, at: start))
    }
  }

  private func string(_ scalar: Node.Scalar, at start: Int) -> ConfigurationString {
    let location = text.location(at: start)
    guard let style = ScalarPlaces.Style(scalar.style) else {
      return ConfigurationString(scalar.string, location: location)
    }
    let text = text
    let value = scalar.string
    return ConfigurationString(value, location: location) { offset in
      guard let places = ScalarPlaces.find(value, style: style, from: start, in: text),
        places.indices.contains(offset)
      else { return nil }
      return text.location(at: places[offset])
    }
  }

  /// `!`, which says: a string, whatever it looks like.
  private static let nonSpecific = Tag.Name(rawValue: "!")

  private func check(_ tag: Tag, is expected: Tag.Name, at location: SourceLocation) throws(Diagnostic) {
    guard [.implicit, expected, YAMLReader.nonSpecific].contains(Tag.Name(rawValue: tag.rawValue)) else {
      throw error(location, "unknown tag '\(tag.rawValue)'")
    }
  }

  // MARK: Places

  private func location(of node: Node) -> SourceLocation { text.location(at: start(of: node)) }

  /// The index where a node starts, its anchor and tag left out.
  private func start(of node: Node) -> Int {
    guard let mark = node.mark else { return 0 }
    var index = text.index(line: mark.line, column: mark.column)
    while let scalar = text[index], scalar == "&" || scalar == "!" {
      while let scalar = text[index], !scalar.isBlank, !scalar.isBreak { index += 1 }
      index = skipSpaceAndComments(index)
    }
    return index
  }

  private func skipSpaceAndComments(_ start: Int) -> Int {
    var index = start
    while let scalar = text[index] {
      if scalar == "#" {
        while let scalar = text[index], !scalar.isBreak { index += 1 }
      } else if scalar.isBlank || scalar.isBreak {
        index += 1
      } else {
        break
      }
    }
    return index
  }

  private func error(_ location: SourceLocation, _ message: String) -> Diagnostic {
    Diagnostic(.error, at: location, path: "", message)
  }
}

extension ScalarPlaces.Style {
  init?(_ style: Node.Scalar.Style) {
    switch style {
    case .any: return nil
    case .plain: self = .plain
    case .singleQuoted: self = .singleQuoted
    case .doubleQuoted: self = .doubleQuoted
    case .literal: self = .literal
    case .folded: self = .folded
    }
  }
}

extension String {
  /// Whether JSON would read this as a number (RFC 8259 section 6).
  fileprivate var isJSONNumber: Bool {
    var rest = utf8[...]
    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    func digits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let startsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole == 1 || whole > 1 && !startsWithZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if let byte = rest.first, byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
