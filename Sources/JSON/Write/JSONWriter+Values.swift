extension JSONWriter {
  /// Appends a value without white space. Strings and numbers keep their spelling, members their order; repeated keys
  /// stay.
  package static func appendCompact(_ value: JSONValue, to output: inout [UInt8]) {
    // What is left out is space only: the source's length is enough, and makes one check do for all appending.
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: value.source.count))
    let end = output.withUnsafeMutableBufferPointer { bytes in
      var end = start
      var tokens = JSONTokens(of: value)
      func append(_ byte: UInt8) {
        guard end < bytes.count else { return }
        bytes[end] = byte
        end &+= 1
      }
      while let token = tokens.next() {
        switch token {
        case .scalar(let spelling):
          guard let from = spelling.baseAddress, let base = bytes.baseAddress,
            bytes.count &- end >= spelling.count
          else { break }
          (base + end).update(from: from, count: spelling.count)
          end &+= spelling.count
        case .empty(let open, let close):
          append(open)
          append(close)
        case .open(let byte), .close(let byte): append(byte)
        case .comma: append(UInt8(ascii: ","))
        case .colon: append(UInt8(ascii: ":"))
        }
      }
      return end
    }
    output.removeSubrange(end...)
  }

  /// Appends a value with a line for each element and member, everything else as `appendCompact` does. `depth` is how
  /// many levels the value's own line is indented by; `spaces` counts up to `indentSpacesMax`.
  package static func appendPretty(
    _ value: JSONValue, spaces: Int = 2, depth: Int = 0, to output: inout [UInt8]
  ) {
    let spaces = max(0, min(spaces, indentSpacesMax))
    var depth = depth
    var tokens = JSONTokens(of: value)
    while let token = tokens.next() {
      switch token {
      case .scalar(let spelling): output.append(contentsOf: spelling)
      case .empty(let open, let close):
        output.append(open)
        output.append(close)
      case .open(let byte):
        output.append(byte)
        depth &+= 1
        appendNewLine(spaces: depth &* spaces, to: &output)
      case .close(let byte):
        depth &-= 1
        appendNewLine(spaces: depth &* spaces, to: &output)
        output.append(byte)
      case .comma:
        output.append(UInt8(ascii: ","))
        appendNewLine(spaces: depth &* spaces, to: &output)
      case .colon:
        output.append(UInt8(ascii: ":"))
        output.append(UInt8(ascii: " "))
      }
    }
  }

  /// The widest indentation of a level: beyond it, a small value could fill the memory.
  private static var indentSpacesMax: Int { 64 }

  private static func appendNewLine(spaces: Int, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: max(0, spaces)))
  }
}

/// The tokens of an indexed value in the order of the text. The text has the punctuation, the index says how long
/// each scalar is; so nothing is scanned twice and nesting needs no stack.
private struct JSONTokens {
  enum Token {
    case scalar(UnsafeBufferPointer<UInt8>)
    case open(UInt8)
    case close(UInt8)
    /// A container without children.
    case empty(open: UInt8, close: UInt8)
    case comma
    case colon
  }

  private let document: JSONDocument
  private let text: UnsafeBufferPointer<UInt8>
  /// Where the next token is looked for, in `text`.
  private var offset = 0
  /// The next scalar or container on the tape.
  private var position: Int

  init(of value: JSONValue) {
    document = value.document
    position = value.position
    text = document.source(position)
  }

  mutating func next() -> Token? {
    while offset < text.count, text[offset] <= 0x20 { offset &+= 1 }
    guard offset < text.count else { return nil }
    let byte = text[offset]
    switch byte {
    case UInt8(ascii: ","):
      offset &+= 1
      return .comma
    case UInt8(ascii: ":"):
      offset &+= 1
      return .colon
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      offset &+= 1
      return .close(byte)
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      let container = document.source(position)
      let isEmpty = document.extent(position).count == 0
      offset &+= isEmpty ? container.count : 1
      position &+= 2
      // `]` and `}` are two behind their partners.
      return isEmpty ? .empty(open: byte, close: byte &+ 2) : .open(byte)
    default:
      let spelling = document.source(position)
      offset &+= spelling.count
      position &+= 1
      return .scalar(spelling)
    }
  }
}
