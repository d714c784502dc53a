internal import JSON

extension ConfigurationNode {
  /// Reads JSON text and keeps the places of its values.
  package static func json(_ text: [UInt8]) throws(Diagnostic) -> ConfigurationNode {
    guard text.count <= limits.textBytesMax else {
      throw Diagnostic(
        .error, at: SourceLocation(line: 1, column: 1), path: "",
        "this is not valid JSON: the text is longer than \(limits.textBytesMax) bytes")
    }
    let lines = LineIndex(text)
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument.index(owning: text, limits: limits)
    } catch {
      throw Diagnostic(
        .error, at: lines.location(of: error.offset), path: "", "this is not valid JSON: \(error.detail)")
    }
    return node(document.root, lines)
  }

  private static let limits = JSONLimits(
    depthMax: TransformationLimits.configurationDepthMax,
    textBytesMax: TransformationLimits.configurationBytesMax)

  /// Recursion is bounded by the depth limit of the document.
  private static func node(_ value: JSONValue, _ lines: LineIndex) -> ConfigurationNode {
    let location = lines.location(of: value.offset)
    switch value.kind {
    case .null: return .null(location)
    case .true: return .bool(true, location)
    case .false: return .bool(false, location)
    case .number: return .number(String(decoding: value.source, as: UTF8.self), location)
    case .string: return .string(string(value, lines))
    case .array: return .sequence(value.children.map { node($0.value, lines) }, location)
    case .object:
      var members: [(key: ConfigurationString, value: ConfigurationNode)] = []
      for child in value.childrenAsWritten {
        guard let key = child.key else { continue }
        members.append((string(key, lines), node(child.value, lines)))
      }
      return .mapping(members, location)
    }
  }

  private static func string(_ value: JSONValue, _ lines: LineIndex) -> ConfigurationString {
    var decoded: [UInt8] = []
    value.appendString(to: &decoded)
    let start = value.offset
    let spelling = Array(value.source)
    return ConfigurationString(String(decoding: decoded, as: UTF8.self), location: lines.location(of: start))
    {
      offset in
      JSONSpelling.byteOffset(ofScalar: offset, in: spelling).map { lines.location(of: start + $0) }
    }
  }
}

/// The way from a decoded JSON string back to its spelling.
enum JSONSpelling {
  /// Where the scalar number `scalar` of the string is written, in bytes from the opening quote. One past the last
  /// scalar gives the closing quote.
  static func byteOffset(ofScalar scalar: Int, in spelling: [UInt8]) -> Int? {
    var position = 1
    var seen = 0
    while position < spelling.count {
      if seen == scalar { return position }
      position += length(at: position, in: spelling)
      seen += 1
    }
    return nil
  }

  private static func length(at position: Int, in spelling: [UInt8]) -> Int {
    switch spelling[position] {
    case UInt8(ascii: "\\"):
      guard byte(position + 1, in: spelling) == UInt8(ascii: "u") else { return 2 }
      let isHighSurrogate =
        (byte(position + 2, in: spelling) | 0x20) == UInt8(ascii: "d")
        && [UInt8(ascii: "8"), UInt8(ascii: "9"), UInt8(ascii: "a"), UInt8(ascii: "b")]
          .contains(byte(position + 3, in: spelling) | 0x20)
      return isHighSurrogate ? 12 : 6
    case 0xF0...: return 4
    case 0xE0...: return 3
    case 0xC0...: return 2
    default: return 1
    }
  }

  private static func byte(_ position: Int, in spelling: [UInt8]) -> UInt8 {
    position < spelling.count ? spelling[position] : 0
  }
}

/// Where the lines of a text begin, and further places inside of long ones, so that a column is found without reading a
/// line from its start: a configuration may be one line of megabytes.
struct LineIndex: Sendable {
  /// In 32 bits each: a text has far fewer bytes (`TransformationLimits.configurationBytesMax`), and may be all lines.
  struct Mark {
    let offset: UInt32
    let line: UInt32
    let column: UInt32

    init(_ offset: Int, _ location: SourceLocation) {
      self.offset = UInt32(clamping: offset)
      line = UInt32(clamping: location.line)
      column = UInt32(clamping: location.column)
    }
  }

  /// The most bytes between two marks.
  static let stride = 256

  private let text: [UInt8]
  let marks: [Mark]

  init(_ text: [UInt8]) {
    self.text = text
    var location = SourceLocation(line: 1, column: 1)
    var marks = [Mark(0, location)]
    var last = 0
    for (offset, byte) in text.enumerated() {
      let isLineFeed = byte == UInt8(ascii: "\n")
      if isLineFeed {
        location = SourceLocation(line: location.line + 1, column: 1)
      } else if LineIndex.startsScalar(byte) {
        location.column += 1
      }
      guard isLineFeed || offset + 1 - last >= LineIndex.stride else { continue }
      last = offset + 1
      marks.append(Mark(last, location))
    }
    self.marks = marks
  }

  /// Reads `stride` bytes at most.
  func location(of offset: Int) -> SourceLocation {
    var low = 0
    var high = marks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(marks[middle].offset) <= offset { low = middle } else { high = middle }
    }
    let mark = marks[low]
    let start = Int(mark.offset)
    let column = text[start..<max(start, min(offset, text.count))].count(where: LineIndex.startsScalar)
    return SourceLocation(line: Int(mark.line), column: Int(mark.column) + column)
  }

  private static func startsScalar(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
