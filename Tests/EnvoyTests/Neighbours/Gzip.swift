/// The gzip format (RFC 1952), as far as the tests need it: they do not link zlib.
enum Gzip {
  /// What Envoy's compressor takes, as the filters of `Tests/Fixtures/neighbours` have it.
  static let bodyBytesMin = 30

  /// One stored block.
  static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    let head: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    return head + [1] + littleEndian(UInt32(count)).prefix(2) + littleEndian(UInt32(~count)).prefix(2) + bytes
      + littleEndian(checksum(bytes)) + littleEndian(UInt32(bytes.count))
  }

  /// - Parameter bytes: with no name, comment or extra field.
  static func decoded(_ bytes: [UInt8]) throws -> [UInt8] {
    guard bytes.count >= 18, bytes.starts(with: [0x1f, 0x8b, 8, 0]) else {
      throw Failure("not gzip: \(bytes)")
    }
    var inflater = Inflater(bytes[10..<(bytes.count - 8)])
    let text = try inflater.inflated()
    guard bytes.suffix(8) == (littleEndian(checksum(text)) + littleEndian(UInt32(text.count)))[...] else {
      throw Failure("the checksum or the length of what was compressed is another one")
    }
    return text
  }

  private static func littleEndian(_ number: UInt32) -> [UInt8] { RawHTTP2.bigEndian(number).reversed() }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
    }
  }
}

/// DEFLATE (RFC 1951), read bit by bit.
private struct Inflater {
  private var rest: ArraySlice<UInt8>
  private var bit = 0
  private var output: [UInt8] = []

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
    227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]
  private static let orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func inflated() throws -> [UInt8] {
    while true {
      let isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try copyStored()
      case 1:
        let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        try copyCoded(Code(lengths), Code(Array(repeating: 5, count: 30)))
      case 2:
        let (literals, distances) = try codes()
        try copyCoded(literals, distances)
      default: throw Failure("not a block of DEFLATE")
      }
      if isLast { return output }
    }
  }

  private mutating func copyStored() throws {
    if bit > 0 { rest.removeFirst() }
    bit = 0
    let count = try bits(16)
    guard try bits(16) == ~count & 0xffff, rest.count >= count else { throw Failure("not a stored block") }
    output += rest.prefix(count)
    rest.removeFirst(count)
  }

  private mutating func copyCoded(_ literals: Code, _ distances: Code) throws {
    while case let symbol = try symbol(literals), symbol != 256 {
      guard symbol > 256 else {
        output.append(UInt8(symbol))
        continue
      }
      let length = try Self.lengthBases[symbol - 257] + bits(Self.lengthBits[symbol - 257])
      let distanceSymbol = try self.symbol(distances)
      let distance = try Self.distanceBases[distanceSymbol] + bits(Self.distanceBits[distanceSymbol])
      guard distance <= output.count else { throw Failure("a copy of what is not there") }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  private mutating func codes() throws -> (literals: Code, distances: Code) {
    let literalCount = try bits(5) + 257
    let distanceCount = try bits(5) + 1
    let lengthCount = try bits(4) + 4
    var lengthsOfLengths = Array(repeating: 0, count: 19)
    for place in Self.orderOfLengths.prefix(lengthCount) { lengthsOfLengths[place] = try bits(3) }
    let code = Code(lengthsOfLengths)
    var lengths: [Int] = []
    while lengths.count < literalCount + distanceCount {
      switch try symbol(code) {
      case 16: lengths += Array(repeating: lengths.last ?? 0, count: try 3 + bits(2))
      case 17: lengths += Array(repeating: 0, count: try 3 + bits(3))
      case 18: lengths += Array(repeating: 0, count: try 11 + bits(7))
      case let length: lengths.append(length)
      }
    }
    return (
      Code(Array(lengths.prefix(literalCount))),
      Code(Array(lengths.dropFirst(literalCount).prefix(distanceCount)))
    )
  }

  /// Codes of Huffman in their canonical order: by length, then by symbol.
  private struct Code {
    private(set) var symbols: [Int: Int] = [:]

    init(_ lengths: [Int]) {
      var next = 0
      for length in 1...15 {
        for (symbol, _) in lengths.enumerated().filter({ $0.element == length }) {
          symbols[1 << length | next] = symbol
          next += 1
        }
        next <<= 1
      }
    }
  }

  private mutating func symbol(_ code: Code) throws -> Int {
    var path = 1
    for _ in 0..<15 {
      path = try path << 1 | bits(1)
      if let symbol = code.symbols[path] { return symbol }
    }
    throw Failure("not a code of DEFLATE")
  }

  private mutating func bits(_ count: Int) throws -> Int {
    var number = 0
    for place in 0..<count {
      guard let byte = rest.first else { throw Failure("the compressed text ends too soon") }
      number |= Int(byte >> UInt8(bit) & 1) << place
      bit += 1
      if bit == 8 {
        bit = 0
        rest.removeFirst()
      }
    }
    return number
  }
}
