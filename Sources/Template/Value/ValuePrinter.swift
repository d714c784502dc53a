import JSON

extension Value {
  /// Appends what `{{ value }}` prints.
  package func appendText(to output: inout [UInt8]) {
    switch self {
    case .undefined: return
    case .string(let bytes), .safeString(let bytes): output.append(contentsOf: bytes)
    case .int(let value): output.append(decimal: value)
    case .float(let value): FloatText.append(value, style: .plain, to: &output)
    case .json(let json) where json.kind == .string: json.appendString(to: &output)
    default:
      var printer = ValuePrinter(output: output)
      // The printer has the only reference now, so that appending copies nothing.
      output = []
      printer.append(self)
      output = printer.output
    }
  }

  /// What `{{ value }}` prints.
  var textBytes: [UInt8] {
    switch self {
    case .string(let bytes), .safeString(let bytes): return bytes
    default:
      var bytes: [UInt8] = []
      appendText(to: &bytes)
      return bytes
    }
  }
}

/// Prints values inside other values as a programmer would write them: strings quoted, lists and maps in brackets.
struct ValuePrinter {
  private(set) var output: [UInt8]
  /// Where printing stops: lists may hold a namespace many times over. The machine then finds the output too long.
  private let end: Int
  /// Spaces before a line in the indented form; nil prints all on one line.
  private var indentation: Int?

  init(output: [UInt8] = [], isIndented: Bool = false) {
    self.output = output
    end = output.count + TemplateLimits.outputBytesAbsoluteMax
    indentation = isIndented ? 0 : nil
  }

  @inline(never)
  mutating func append(_ value: Value) {
    switch value {
    case .undefined: output.append("undefined")
    case .none: output.append("none")
    case .bool(let value): output.append(value ? "true" : "false")
    case .int(let value): output.append(decimal: value)
    case .wide(let value): output.append(text: value.description)
    case .float(let value): FloatText.append(value, style: .inspected, to: &output)
    case .string(let bytes), .safeString(let bytes): appendQuoted(bytes)
    case .list(let list): appendSequence(.list(list))
    case .map(let map): appendMap(.map(map))
    case .object(let object): object.appendText(with: &self)
    case .json(let json):
      switch json.kind {
      case .null: output.append("none")
      case .true: output.append("true")
      case .false: output.append("false")
      // The spelling of the text: a body's numbers come out as they went in.
      case .number: output.append(contentsOf: json.source)
      case .string: appendQuoted(json.text)
      case .array: appendSequence(value)
      case .object: appendMap(value)
      }
    }
  }

  mutating func append(_ text: StaticString) { output.append(text) }
  mutating func append(text: String) { output.append(text: text) }

  private mutating func appendSequence(_ value: Value) {
    output.append(UInt8(ascii: "["))
    guard var iterator = ValueIterator(value) else { return }
    var isFirst = true
    open()
    while output.count < end, let element = iterator.next() {
      separate(&isFirst)
      append(element)
    }
    close(isEmpty: isFirst)
    output.append(UInt8(ascii: "]"))
  }

  mutating func appendMap(_ value: Value) {
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    open()
    value.forEachPair { key, value in
      guard output.count < end else { return }
      separate(&isFirst)
      append(key)
      output.append(": ")
      append(value)
    }
    close(isEmpty: isFirst)
    output.append(UInt8(ascii: "}"))
  }

  private mutating func open() {
    if let indentation { self.indentation = indentation + 4 }
  }

  private mutating func separate(_ isFirst: inout Bool) {
    if let indentation {
      output.append(isFirst ? "\n" : ",\n")
      output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
    } else if !isFirst {
      output.append(", ")
    }
    isFirst = false
  }

  private mutating func close(isEmpty: Bool) {
    guard let indentation else { return }
    self.indentation = indentation - 4
    if isEmpty { return }
    output.append(",\n")
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation - 4))
  }

  private mutating func appendQuoted(_ bytes: [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var position = 0
    while position < bytes.count {
      let plain = bytes[position...].prefix(while: Self.isPlain)
      output.append(contentsOf: plain)
      position = plain.endIndex
      guard position < bytes.count else { break }
      let (length, scalar) = Text.scalar(in: bytes, at: position)
      let range = position..<position + length
      position += length
      switch scalar {
      case nil: output.append(contentsOf: bytes[range])
      case "\"": output.append("\\\"")
      case "\\": output.append("\\\\")
      case "\n": output.append("\\n")
      case "\r": output.append("\\r")
      case "\t": output.append("\\t")
      case "\0": output.append("\\0")
      case let scalar? where Self.isInvisible(scalar):
        output.append("\\u{")
        output.append(text: String(scalar.value, radix: 16))
        output.append("}")
      default: output.append(contentsOf: bytes[range])
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// Visible ASCII that stands for itself, and blanks.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Whether a reader would not see the character, or see it joined to the quote before it.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return true
    default: return scalar.properties.isGraphemeExtend
    }
  }
}
