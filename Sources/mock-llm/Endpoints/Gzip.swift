/// The gzip format (RFC 1952) around stored blocks (RFC 1951 section 3.2.4): valid for every decoder, and no
/// compression library is needed.
enum Gzip {
  /// A stored block's length is 16 bits wide.
  private static let blockBytesMax = 65535

  static func stored(_ bytes: [UInt8]) -> [UInt8] {
    // Magic number, method 8 (deflate), no flags, no time, no extra flags, unknown operating system.
    var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(blockBytesMax)
      rest = rest.dropFirst(block.count)
      out.append(rest.isEmpty ? 1 : 0)
      appendLittleEndian(UInt16(block.count), to: &out)
      appendLittleEndian(~UInt16(block.count), to: &out)
      out += block
    } while !rest.isEmpty
    appendLittleEndian(crc32(bytes), to: &out)
    appendLittleEndian(UInt32(truncatingIfNeeded: bytes.count), to: &out)
    return out
  }

  private static func appendLittleEndian(_ value: some FixedWidthInteger, to out: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { out += $0 }
  }

  /// RFC 1952 section 8, without the table: these bodies are small.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 {
        crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1
      }
    }
    return ~crc
  }
}
