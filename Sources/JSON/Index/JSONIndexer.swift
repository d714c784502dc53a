/// Reads a text once: checks all of it and writes the tape. No recursion: an open container keeps its parent's
/// position in its own entry, so that depth costs neither stack nor a second allocation.
///
/// Everything that changes the state is inlined into `run`, and what is not inlined takes and gives plain values:
/// only so does the state stay in registers, which is a third of the speed. Nothing here reads outside `start..<end`.
struct JSONIndexer: ~Copyable {
  private let start: UnsafePointer<UInt8>
  private let end: UnsafePointer<UInt8>
  private var p: UnsafePointer<UInt8>
  private var tape: JSONTape
  /// The open container's position on the tape and its children so far; -1 outside.
  private var container = -1
  private var children = 0
  private var inObject = false
  private var depthLeft: Int

  /// The whole index of `text`, or the first fault.
  static func index(
    _ text: UnsafeRawBufferPointer, limits: JSONLimits
  ) throws(JSONFault) -> UnsafeMutableBufferPointer<JSONEntry> {
    let bytesMax = limits.textBytesMaxInForce
    if text.count > bytesMax { throw JSONFault(.tooLong, offset: bytesMax) }
    guard let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count > 0 else {
      throw JSONFault(.expectedValue, offset: 0)
    }
    var indexer = JSONIndexer(base, count: text.count, depthMax: limits.depthMax)
    try indexer.run()
    return indexer.finish()
  }

  @inline(__always)
  private init(_ start: UnsafePointer<UInt8>, count: Int, depthMax: Int) {
    self.start = start
    end = start + count
    p = start
    tape = JSONTape(textBytes: count)
    depthLeft = max(0, depthMax)
  }

  @inline(__always)
  private consuming func finish() -> UnsafeMutableBufferPointer<JSONEntry> { tape.release() }

  @inline(__always)
  private mutating func run() throws(JSONFault) {
    skipSpace()
    var expected = JSONFault.Reason.expectedValue
    values: while true {
      guard p < end else { throw fault(expected) }
      switch p[0] {
      case UInt8(ascii: "\""):
        try string()
      case UInt8(ascii: "{"):
        try open(.object)
        if p < end, p[0] == UInt8(ascii: "}") {
          close()
        } else {
          try memberName(.expectedMemberOrEnd)
          expected = .expectedValue
          continue values
        }
      case UInt8(ascii: "["):
        try open(.array)
        if p < end, p[0] == UInt8(ascii: "]") {
          close()
        } else {
          expected = .expectedElementOrEnd
          continue values
        }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        try number()
      case UInt8(ascii: "t"):
        try literal(.true, 0x6575_7274, skip: 0, length: 4, .expectedTrue)
      case UInt8(ascii: "f"):
        try literal(.false, 0x6573_6c61, skip: 1, length: 5, .expectedFalse)
      case UInt8(ascii: "n"):
        try literal(.null, 0x6c6c_756e, skip: 0, length: 4, .expectedNull)
      default:
        throw fault(expected)
      }
      // A value is complete: what follows belongs to its container.
      while container >= 0 {
        children &+= 1
        skipSpace()
        guard p < end else { throw fault(inObject ? .expectedCommaInObject : .expectedCommaInArray) }
        let byte = p[0]
        if byte == UInt8(ascii: ",") {
          p += 1
          skipSpace()
          if inObject { try memberName(.expectedMember) }
          expected = .expectedValue
          continue values
        }
        guard byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw fault(inObject ? .expectedCommaInObject : .expectedCommaInArray)
        }
        close()
      }
      skipSpace()
      if p < end { throw fault(.expectedEndOfText) }
      return
    }
  }

  // MARK: Containers

  /// Enters a container; leaves `p` at what follows the bracket and the space behind it.
  @inline(__always)
  private mutating func open(_ kind: JSONKind) throws(JSONFault) {
    depthLeft &-= 1
    if depthLeft < 0 { throw fault(.tooDeep) }
    if container >= 0 { tape.setExtent(container, JSONExtent(end: 0, count: children)) }
    let position = tape.count
    tape.appendContainer(JSONEntry(kind, offset: p - start, upper: container))
    container = position
    children = 0
    inObject = kind == .object
    p += 1
    skipSpace()
  }

  /// Leaves a container at its closing bracket.
  @inline(__always)
  private mutating func close() {
    p += 1
    depthLeft &+= 1
    tape.setExtent(container, JSONExtent(end: p - start, count: children))
    var entry = tape[container]
    let parent = entry.next
    entry.upper = tape.count
    tape[container] = entry
    // The parent of the root was written as -1, whose upper half reads as the largest 32-bit number.
    if parent < container {
      container = parent
      children = tape.extent(parent).count
      inObject = tape[parent].kind == .object
    } else {
      container = -1
    }
  }

  /// A member's name, the colon, and the space around it.
  @inline(__always)
  private mutating func memberName(_ otherwise: JSONFault.Reason) throws(JSONFault) {
    guard p < end, p[0] == UInt8(ascii: "\"") else { throw fault(otherwise) }
    try string()
    skipSpace()
    guard p < end, p[0] == UInt8(ascii: ":") else { throw fault(.expectedColon) }
    p += 1
    skipSpace()
  }

  // MARK: Scalars

  @inline(__always)
  private mutating func string() throws(JSONFault) {
    let open = p
    let scanned = try StringScan.scan(open + 1, start: start, end: end)
    p = scanned.close + 1
    tape.append(JSONEntry(.string, offset: open - start, mark: scanned.hasEscapes, upper: p - open))
  }

  @inline(__always)
  private mutating func number() throws(JSONFault) {
    let first = p
    let scanned = try NumberScan.scan(first, start: start, end: end)
    p = scanned.end
    tape.append(JSONEntry(.number, offset: first - start, mark: !scanned.isInteger, upper: p - first))
  }

  /// `spelling` holds the four bytes that follow the first `skip`, as a little-endian number.
  @inline(__always)
  private mutating func literal(
    _ kind: JSONKind, _ spelling: UInt32, skip: Int, length: Int, _ otherwise: JSONFault.Reason
  ) throws(JSONFault) {
    guard end - p >= length,
      UInt32(littleEndian: UnsafeRawPointer(p + skip).loadUnaligned(as: UInt32.self)) == spelling
    else { throw fault(otherwise) }
    tape.append(JSONEntry(kind, offset: p - start, upper: length))
    p += length
  }

  // MARK: White space

  /// Most texts have no space or one between tokens; indented ones have runs of spaces.
  @inline(__always)
  private mutating func skipSpace() {
    guard p < end, p[0] <= 0x20 else { return }
    if p[0] == UInt8(ascii: " ") {
      p += 1
      guard p < end, p[0] <= 0x20 else { return }
    }
    p = JSONIndexer.endOfSpace(p, end: end)
  }

  @inline(never)
  private static func endOfSpace(
    _ p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var p = p
    while p < end {
      switch p[0] {
      case UInt8(ascii: " "):
        p += 1
        while end - p >= 8, StringScan.word(at: p) == 0x2020_2020_2020_2020 { p += 8 }
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        p += 1
      default:
        return p
      }
    }
    return p
  }

  @inline(__always)
  private func fault(_ reason: JSONFault.Reason) -> JSONFault { JSONFault(reason, offset: p - start) }
}
