/// Finds where a string ends and checks what is in it, eight bytes at a time.
enum StringScan {
  /// Marks the bytes of a word that a string cannot pass over unseen: `"`, `\`, control characters and the bytes of
  /// non-ASCII characters. The lowest set bit is in the first such byte (in memory order); bits above it may be
  /// wrong, because a subtraction borrows from the byte above.
  ///
  /// Exclusive-or with 2 swaps `"` and the space, so that one comparison with 0x21 finds `"` and the controls.
  @inline(__always)
  static func specials(in word: UInt64) -> UInt64 {
    let controlOrQuote = (word ^ 0x0202_0202_0202_0202) &- 0x2121_2121_2121_2121
    let backslash = (word ^ 0x5c5c_5c5c_5c5c_5c5c) &- 0x0101_0101_0101_0101
    return (controlOrQuote | backslash | word) & 0x8080_8080_8080_8080
  }

  /// The first special byte at or after `p`, or `end`.
  @inline(__always)
  static func firstSpecial(
    _ p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var p = p
    while end - p >= 8 {
      let found = specials(in: word(at: p))
      if found != 0 { return p + found.trailingZeroBitCount &>> 3 }
      p += 8
    }
    while p < end, !isSpecial(p[0]) { p += 1 }
    return p
  }

  /// The first backslash at or after `p`, or `end`.
  @inline(__always)
  static func firstBackslash(
    _ p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var p = p
    while end - p >= 8 {
      let difference = word(at: p) ^ 0x5c5c_5c5c_5c5c_5c5c
      let found = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
      if found != 0 { return p + found.trailingZeroBitCount &>> 3 }
      p += 8
    }
    while p < end, p[0] != UInt8(ascii: "\\") { p += 1 }
    return p
  }

  @inline(__always)
  static func word(at p: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
  }

  @inline(__always)
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// A checked string.
  struct Result {
    /// At the closing quote.
    let close: UnsafePointer<UInt8>
    let hasEscapes: Bool
  }

  /// Scans a string from behind its opening quote. `start` is the start of the text, for offsets.
  @inline(__always)
  static func scan(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> Result {
    var p = p
    while end - p >= 8 {
      let found = specials(in: word(at: p))
      if found == 0 {
        p += 8
        continue
      }
      p += found.trailingZeroBitCount &>> 3
      if p[0] == UInt8(ascii: "\"") { return Result(close: p, hasEscapes: false) }
      break
    }
    return try scanSlowly(p, start: start, end: end)
  }

  /// The rest of a string in which something special was seen, or that is at the end of the text.
  @inline(never)
  private static func scanSlowly(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> Result {
    var p = p
    var hasEscapes = false
    while true {
      p = firstSpecial(p, end: end)
      guard p < end else { throw JSONFault(.unfinishedString, offset: p - start) }
      let byte = p[0]
      if byte == UInt8(ascii: "\"") { return Result(close: p, hasEscapes: hasEscapes) }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        p += try escapeLength(p, start: start, end: end)
      } else if byte >= 0x80 {
        // Text of one script has run after run of such characters: stay here while they last.
        repeat {
          let length = UTF8Sequence.length(at: p, end: end)
          guard length > 0 else { throw JSONFault(.malformedUTF8, offset: p - start) }
          p += length
        } while p < end && p[0] >= 0x80
      } else {
        throw JSONFault(.controlCharacter, offset: p - start)
      }
    }
  }

  /// The length of the escape at `p`: 2, 6, or 12 for a surrogate pair.
  @inline(__always)
  private static func escapeLength(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> Int {
    guard end - p >= 2 else { throw JSONFault(.unfinishedString, offset: end - start) }
    switch p[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return 2
    case UInt8(ascii: "u"):
      return try hexEscapeLength(p, start: start, end: end)
    default:
      throw JSONFault(.unknownEscape, offset: p - start)
    }
  }

  private static func hexEscapeLength(
    _ p: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) throws(JSONFault) -> Int {
    guard let unit = HexEscape.unit(at: p, end: end) else {
      throw JSONFault(.badHexEscape, offset: p - start)
    }
    guard HexEscape.isSurrogate(unit) else { return HexEscape.length }
    guard HexEscape.pairedScalar(unit, next: p + HexEscape.length, end: end) != nil else {
      throw JSONFault(.loneSurrogate, offset: p - start)
    }
    return 2 &* HexEscape.length
  }
}
