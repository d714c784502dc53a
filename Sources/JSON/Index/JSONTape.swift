/// One value (or one member's name) of the index: 8 bytes, so that a chat message costs less index than text.
///
/// A scalar is one entry. An array or an object is two: the entry itself and, right behind it, its `JSONExtent`;
/// then come its children, a member's name just before the member's value.
///
///     bits  0–27   offset of the first byte
///     bits 28–30   kind
///     bit  31      mark: a string has escapes, a number has a fraction or an exponent
///     bits 32–63   a scalar: length in bytes; a container: the position behind its last child
struct JSONEntry {
  var bits: UInt64

  static let offsetMask: UInt64 = 0x0fff_ffff
  static let markBit: UInt64 = 1 << 31

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  /// `upper` is what bits 32 to 63 hold.
  @inline(__always)
  init(_ kind: JSONKind, offset: Int, mark: Bool = false, upper: Int) {
    bits =
      UInt64(truncatingIfNeeded: offset) | UInt64(kind.rawValue) &<< 28 | (mark ? JSONEntry.markBit : 0)
      | UInt64(truncatingIfNeeded: upper) &<< 32
  }

  @inline(__always) var offset: Int { Int(truncatingIfNeeded: bits & JSONEntry.offsetMask) }
  @inline(__always) var kind: JSONKind { JSONKind(bits: UInt8(truncatingIfNeeded: bits &>> 28) & 7) }
  @inline(__always) var isMarked: Bool { bits & JSONEntry.markBit != 0 }
  @inline(__always) var isContainer: Bool { kind.isContainer }
  /// A scalar's length in bytes, quotes included.
  @inline(__always) var length: Int { upper }
  /// A container's position behind its last child. While the container is open: the position of its parent.
  @inline(__always) var next: Int { upper }

  @inline(__always)
  var upper: Int {
    get { Int(truncatingIfNeeded: bits &>> 32) }
    set { bits = bits & 0xffff_ffff | UInt64(truncatingIfNeeded: newValue) &<< 32 }
  }
}

/// The second entry of a container: where its text ends and how many children it has.
struct JSONExtent {
  var bits: UInt64

  @inline(__always)
  init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  init(end: Int, count: Int) {
    bits = UInt64(truncatingIfNeeded: end) | UInt64(truncatingIfNeeded: count) &<< 32
  }

  /// The offset behind the closing bracket.
  @inline(__always) var end: Int { Int(truncatingIfNeeded: bits & 0xffff_ffff) }
  @inline(__always) var count: Int { Int(truncatingIfNeeded: bits &>> 32) }
}

/// The index under construction: entries in document order, in one allocation that doubles.
struct JSONTape: ~Copyable {
  private(set) var base: UnsafeMutablePointer<JSONEntry>
  private(set) var count = 0
  private var capacity: Int

  /// Sized for one entry in 16 bytes of text, which chat bodies stay under.
  init(textBytes: Int) {
    capacity = textBytes / 16 + 16
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// Hands the allocation over to the caller, who deallocates it.
  consuming func release() -> UnsafeMutableBufferPointer<JSONEntry> {
    let entries = UnsafeMutableBufferPointer(start: base, count: count)
    discard self
    return entries
  }

  @inline(__always)
  mutating func append(_ entry: JSONEntry) {
    if count == capacity { grow() }
    (base + count).initialize(to: entry)
    count &+= 1
  }

  /// Appends a container's two entries.
  @inline(__always)
  mutating func appendContainer(_ entry: JSONEntry) {
    if capacity &- count < 2 { grow() }
    (base + count).initialize(to: entry)
    (base + count + 1).initialize(to: JSONEntry(bits: 0))
    count &+= 2
  }

  /// The entry at a position that `append` gave.
  @inline(__always)
  subscript(position: Int) -> JSONEntry {
    get { base[position] }
    nonmutating set { base[position] = newValue }
  }

  @inline(__always)
  func extent(_ position: Int) -> JSONExtent { JSONExtent(bits: base[position &+ 1].bits) }

  @inline(__always)
  func setExtent(_ position: Int, _ extent: JSONExtent) { base[position &+ 1].bits = extent.bits }

  // The slow part takes and gives plain values: a `mutating` call would keep the tape out of registers.
  @inline(__always)
  private mutating func grow() {
    base = JSONTape.grown(base, count: count, capacity: capacity)
    capacity = capacity &* 2
  }

  @inline(never)
  private static func grown(
    _ old: UnsafeMutablePointer<JSONEntry>, count: Int, capacity: Int
  ) -> UnsafeMutablePointer<JSONEntry> {
    let new = UnsafeMutablePointer<JSONEntry>.allocate(capacity: capacity &* 2)
    new.moveInitialize(from: old, count: count)
    old.deallocate()
    return new
  }
}

extension JSONKind {
  @inline(__always)
  init(bits: UInt8) { self = JSONKind(rawValue: bits) ?? .null }
}
