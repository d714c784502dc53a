/// One JSON text (RFC 8259), read once into an index of where its values are.
///
/// The index borrows the text: whoever called `index` keeps the bytes alive and unchanged until `invalidate()`, and
/// calls that before the bytes go. After it every value of the document reads as `null`, so that a value that
/// outlived its text is wrong but never unsafe. One thread at a time uses a document and its values.
package final class JSONDocument {
  private var text: UnsafePointer<UInt8>
  private var tape: UnsafeMutablePointer<JSONEntry>?
  /// 0 when invalidated: then no position is in range, and all reading stops here.
  private var entries: Int
  /// What was found of large objects; empty values where every key comes once.
  var knownRepeats: [Int: JSONRepeats] = [:]
  /// What `index(owning:)` copied, to be freed.
  private var ownedText: UnsafeMutablePointer<UInt8>?

  /// Reads `text` whole and checks that it is valid, UTF-8 included. Borrows `text`.
  package static func index(
    _ text: UnsafeRawBufferPointer, limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONDocument {
    do {
      return JSONDocument(text, tape: try JSONIndexer.index(text, limits: limits))
    } catch {
      throw JSONError(error, in: text, limits: limits)
    }
  }

  /// What is wrong with `text`; nil when it is one JSON text.
  package static func fault(
    in text: UnsafeRawBufferPointer, limits: JSONLimits = .standard
  ) -> JSONError? {
    do throws(JSONError) {
      _ = try index(text, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  /// Reads a copy of `text`, which the document owns.
  package static func index(
    owning text: [UInt8], limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONDocument {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
    text.withUnsafeBufferPointer { bytes in
      if let base = bytes.baseAddress { copy.initialize(from: base, count: bytes.count) }
    }
    do {
      let document = try index(UnsafeRawBufferPointer(start: copy, count: text.count), limits: limits)
      document.ownedText = copy
      return document
    } catch {
      copy.deallocate()
      throw error
    }
  }

  private init(_ text: UnsafeRawBufferPointer, tape: UnsafeMutableBufferPointer<JSONEntry>) {
    self.text = text.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) } ?? JSONDocument.nullText
    self.tape = tape.baseAddress
    entries = tape.count
  }

  deinit {
    tape?.deallocate()
    ownedText?.deallocate()
  }

  package var root: JSONValue { JSONValue(document: self, index: 0) }

  /// Forgets the text, and frees what the document owns.
  package func invalidate() {
    entries = 0
    knownRepeats = [:]
    tape?.deallocate()
    tape = nil
    text = JSONDocument.nullText
    ownedText?.deallocate()
    ownedText = nil
  }
}

// MARK: What values read. Every position is checked here.

extension JSONDocument {
  /// The entry at a position; `null` when there is none.
  @inline(__always)
  func entry(_ position: Int) -> JSONEntry {
    guard let tape, position >= 0, position < entries else { return JSONDocument.nullEntry }
    return tape[position]
  }

  /// Whether there is a value at a position; not once the text is forgotten.
  @inline(__always)
  func holds(_ position: Int) -> Bool { position >= 0 && position < entries }

  /// A container's extent; empty when the position is no container's.
  @inline(__always)
  func extent(_ position: Int) -> JSONExtent {
    guard let tape, position >= 0, position &+ 1 < entries, tape[position].isContainer else {
      return JSONExtent(end: 0, count: 0)
    }
    return JSONExtent(bits: tape[position &+ 1].bits)
  }

  /// The position behind the value at `position` and all that is in it.
  @inline(__always)
  func positionAfter(_ position: Int) -> Int {
    let entry = entry(position)
    return entry.isContainer ? entry.next : position &+ 1
  }

  /// The text of the value at a position: `null` when there is none.
  @inline(__always)
  func source(_ position: Int) -> UnsafeBufferPointer<UInt8> {
    guard let tape, position >= 0, position < entries else {
      return UnsafeBufferPointer(start: JSONDocument.nullText, count: 4)
    }
    let entry = tape[position]
    let count = entry.isContainer ? extent(position).end &- entry.offset : entry.length
    return UnsafeBufferPointer(start: text + entry.offset, count: count)
  }

  /// The position of an object's last member of that name.
  func lastMember(_ name: UnsafeRawBufferPointer, of object: Int) -> Int? {
    guard let tape, holds(object), tape[object].kind == .object else { return nil }
    let end = min(tape[object].next, entries)
    var position = object &+ 2
    var found: Int?
    while position &+ 1 < end {
      let entry = tape[position]
      let spelling = UnsafeBufferPointer(start: text + entry.offset + 1, count: entry.length &- 2)
      position &+= 1
      if JSONString.isEqual(spelling, hasEscapes: entry.isMarked, name) { found = position }
      let value = tape[position]
      position = value.isContainer ? value.next : position &+ 1
    }
    return found
  }

  private static var nullEntry: JSONEntry { JSONEntry(.null, offset: 0, upper: 4) }

  /// What a value without a text reads as. Static memory, so that it is there for as long as anyone holds it.
  private static var nullText: UnsafePointer<UInt8> { ("null" as StaticString).utf8Start }
}
