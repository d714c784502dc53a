package enum JSONKind: UInt8, Sendable {
  case null, `true`, `false`, number, string, array, object

  @inline(__always)
  package var isContainer: Bool { rawValue >= JSONKind.array.rawValue }
}

/// A value of a document: where it is. Costs nothing to copy but a reference count.
///
/// Nothing here fails: what a value is not (a member of a string, an element beyond the last) is nil.
package struct JSONValue {
  package let document: JSONDocument
  package let index: Int32

  @inline(__always)
  init(document: JSONDocument, index: Int) {
    self.document = document
    self.index = Int32(truncatingIfNeeded: index)
  }

  @inline(__always) var position: Int { Int(index) }
  @inline(__always) var entry: JSONEntry { document.entry(position) }

  package var kind: JSONKind { entry.kind }

  /// Where the value starts, in bytes from the start of the text.
  package var offset: Int { entry.offset }

  /// The exact spelling in the text. Valid while the document's text is.
  package var source: UnsafeRawBufferPointer { UnsafeRawBufferPointer(document.source(position)) }

  /// Elements of an array, keys of an object (repeated ones counted each), 0 for all else.
  package var count: Int { document.extent(position).count }

  /// The same, where a repeated key counts once.
  package var distinctCount: Int {
    kind == .object ? count &- (document.repeats(in: position)?.count ?? 0) : count
  }

  /// What it costs to walk over the whole value: one for itself, one for every 16 bytes of its text, one for every
  /// value and key inside of it, at any depth, and one more for each list and map.
  package var weight: Int {
    let entry = entry
    guard entry.isContainer else { return 1 &+ textWeight }
    return max(1, 1 &+ textWeight &+ (entry.next &- position &- 2))
  }

  /// The part of the weight that is text: one for every 16 bytes.
  package var textWeight: Int {
    let entry = entry
    return (entry.isContainer ? document.extent(position).end &- entry.offset : entry.length) >> 4
  }

  /// Backslashes in its text.
  package var escapeCount: Int {
    var count = 0
    for byte in source where byte == UInt8(ascii: "\\") { count &+= 1 }
    return count
  }

  /// The member with that key (decoded UTF-8); of repeated keys the last, as serde_json has it.
  package func member(_ key: UnsafeRawBufferPointer) -> JSONValue? {
    document.lastMember(key, of: position).map { JSONValue(document: document, index: $0) }
  }

  package func member(_ key: String) -> JSONValue? {
    var key = key
    return key.withUTF8 { member(UnsafeRawBufferPointer($0)) }
  }

  /// The element of an array, counted from 0.
  package func element(at position: Int) -> JSONValue? {
    let array = entry
    let count = count
    guard array.kind == .array, position >= 0, position < count else { return nil }
    let first = self.position &+ 2
    // As many entries as elements: all are scalars, and the way there needs no walk.
    if array.next &- first == count { return JSONValue(document: document, index: first &+ position) }
    var element = first
    for _ in 0..<position { element = document.positionAfter(element) }
    return JSONValue(document: document, index: element)
  }

  /// The elements of an array, or the members of an object in the order of the text; none for all else. A repeated key is
  /// one member: in the place of the first, with the value of the last.
  package var children: JSONChildren {
    JSONChildren(of: self, repeats: kind == .object ? document.repeats(in: position) : nil)
  }

  /// The same, where each repeated key is a member.
  package var childrenAsWritten: JSONChildren { JSONChildren(of: self, repeats: nil) }
}

/// Walks over a container. `key` is nil in an array. Ends early when the document is invalidated.
package struct JSONChildren: Sequence, IteratorProtocol {
  private let document: JSONDocument
  private let isObject: Bool
  private let repeats: JSONRepeats?
  private let end: Int
  private var position: Int

  init(of value: JSONValue, repeats: JSONRepeats?) {
    let entry = value.entry
    document = value.document
    isObject = entry.kind == .object
    self.repeats = repeats
    position = value.position &+ 2
    end = entry.isContainer ? entry.next : position
  }

  package mutating func next() -> (key: JSONValue?, value: JSONValue)? {
    guard isObject else {
      guard position < end, document.holds(position) else { return nil }
      let value = JSONValue(document: document, index: position)
      position = document.positionAfter(position)
      return (nil, value)
    }
    while position < end, document.holds(position) {
      let key = position
      position = document.positionAfter(key &+ 1)
      guard let value = repeats == nil ? key &+ 1 : repeats?.value(ofKey: key) else { continue }
      return (JSONValue(document: document, index: key), JSONValue(document: document, index: value))
    }
    return nil
  }
}
