extension JSONWriter {
  /// Appends a text in quotes, escaped.
  package static func appendString(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    appendEscaped(text, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  package static func appendString(_ text: [UInt8], to output: inout [UInt8]) {
    text.withUnsafeBytes { appendString($0, to: &output) }
  }

  package static func appendString(_ text: String, to output: inout [UInt8]) {
    var text = text
    text.withUTF8 { appendString(UnsafeRawBufferPointer($0), to: &output) }
  }

  /// Appends what stands between the quotes. Escapes only what must be: `"`, `\` and control characters. Bytes that are
  /// not UTF-8 become U+FFFD.
  package static func appendEscaped(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let end = start + text.count
    // From `run` on, nothing is written yet.
    var run = start
    var p = start
    while true {
      p = StringScan.firstSpecial(p, end: end)
      guard p < end else { break }
      if p[0] >= 0x80 {
        let length = UTF8Sequence.length(at: p, end: end)
        if length > 0 {
          p += length
          continue
        }
        append(from: run, to: p, &output)
        UTF8Character.replacement.append(to: &output)
        p += UTF8Sequence.malformedLength(at: p, end: end)
      } else {
        append(from: run, to: p, &output)
        appendEscape(of: p[0], to: &output)
        p += 1
      }
      run = p
    }
    append(from: run, to: end, &output)
  }

  package static func appendEscaped(_ text: [UInt8], to output: inout [UInt8]) {
    text.withUnsafeBytes { appendEscaped($0, to: &output) }
  }

  @inline(__always)
  private static func append(
    from run: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, _ output: inout [UInt8]
  ) {
    output.append(contentsOf: UnsafeBufferPointer(start: run, count: end - run))
  }

  private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0a: output.append(UInt8(ascii: "n"))
    case 0x0c: output.append(UInt8(ascii: "f"))
    case 0x0d: output.append(UInt8(ascii: "r"))
    default:
      output.append(contentsOf: "u00".utf8)
      output.append(hexDigit(byte &>> 4))
      output.append(hexDigit(byte & 0xf))
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ (value &- 10)
  }
}
