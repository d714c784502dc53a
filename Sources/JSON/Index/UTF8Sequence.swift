/// One encoded character, checked as RFC 3629 asks: no overlong form, no surrogate, nothing beyond U+10FFFF.
enum UTF8Sequence {
  /// The longest encoding of one character.
  static let bytesMax = 4

  /// The length of the character at the start of `bytes`; 0 when it is malformed or cut off.
  static func length(of bytes: UnsafeRawBufferPointer) -> Int {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else {
      return 0
    }
    return length(at: start, end: start + bytes.count)
  }

  /// The same for the character at `p`, which is before `end`.
  @inline(__always)
  static func length(at p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int {
    let lead = p[0]
    let available = end - p
    if lead < 0x80 { return 1 }
    if lead < 0xe0 {
      return lead >= 0xc2 && available >= 2 && isContinuation(p[1]) ? 2 : 0
    }
    if lead < 0xf0 {
      guard available >= 3, isContinuation(p[1]), isContinuation(p[2]) else { return 0 }
      // E0 followed by less than A0 is overlong; ED followed by A0 or more is a surrogate.
      if lead == 0xe0 && p[1] < 0xa0 || lead == 0xed && p[1] >= 0xa0 { return 0 }
      return 3
    }
    guard lead <= 0xf4, available >= 4, isContinuation(p[1]), isContinuation(p[2]), isContinuation(p[3])
    else { return 0 }
    // F0 followed by less than 90 is overlong; F4 followed by 90 or more is beyond U+10FFFF.
    if lead == 0xf0 && p[1] < 0x90 || lead == 0xf4 && p[1] >= 0x90 { return 0 }
    return 4
  }

  /// How many bytes of a malformed sequence one U+FFFD stands for: the longest start of a character that could have
  /// become valid, else one byte (Unicode Standard, 3.9, "substitution of maximal subparts").
  static func malformedLength(at p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) -> Int {
    let lead = p[0]
    let second: ClosedRange<UInt8>
    let expected: Int
    switch lead {
    case 0xc2...0xdf: (second, expected) = (0x80...0xbf, 2)
    case 0xe0: (second, expected) = (0xa0...0xbf, 3)
    case 0xed: (second, expected) = (0x80...0x9f, 3)
    case 0xe1...0xef: (second, expected) = (0x80...0xbf, 3)
    case 0xf0: (second, expected) = (0x90...0xbf, 4)
    case 0xf1...0xf3: (second, expected) = (0x80...0xbf, 4)
    case 0xf4: (second, expected) = (0x80...0x8f, 4)
    default: return 1
    }
    var length = 1
    while length < expected, p + length < end {
      let byte = p[length]
      guard length == 1 ? second.contains(byte) : isContinuation(byte) else { break }
      length &+= 1
    }
    return length
  }

  @inline(__always)
  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }
}

/// One character's encoding, in place.
struct UTF8Character {
  /// The bytes, the first in the lowest eight bits.
  private let bytes: UInt32
  let count: Int

  /// U+FFFD, which stands for what cannot be read.
  static let replacement = UTF8Character(0xfffd)

  /// Encodes a scalar value (no surrogate, at most U+10FFFF).
  init(_ scalar: UInt32) {
    func continuation(_ shift: UInt32) -> UInt32 { 0x80 | scalar &>> shift & 0x3f }
    if scalar < 0x80 {
      (bytes, count) = (scalar, 1)
    } else if scalar < 0x800 {
      (bytes, count) = (0xc0 | scalar &>> 6 | continuation(0) &<< 8, 2)
    } else if scalar < 0x10000 {
      (bytes, count) = (0xe0 | scalar &>> 12 | continuation(6) &<< 8 | continuation(0) &<< 16, 3)
    } else {
      bytes =
        0xf0 | scalar &>> 18 | continuation(12) &<< 8 | continuation(6) &<< 16 | continuation(0) &<< 24
      count = 4
    }
  }

  @inline(__always)
  private subscript(position: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: bytes &>> UInt32(truncatingIfNeeded: position &* 8))
  }

  func append(to output: inout [UInt8]) {
    for position in 0..<count { output.append(self[position]) }
  }

  /// Whether `text` has these bytes at `offset`, which is at most the text's length.
  func isFound(in text: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard text.count &- offset >= count else { return false }
    for position in 0..<count where text[offset &+ position] != self[position] { return false }
    return true
  }
}
