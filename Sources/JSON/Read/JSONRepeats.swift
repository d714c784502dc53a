/// The keys of one object that come more than once. Such a key is one member: in the place of the first, with the value
/// of the last, as serde_json and Python have it. Whoever looks a member up, walks over all, or writes them anew sees
/// the same.
struct JSONRepeats {
  /// By the key's position on the tape: where the member's value is, and 0 for a key that was there before.
  private(set) var values: [Int32: Int32] = [:]

  fileprivate mutating func note(_ key: Int, sameAs first: Int) {
    values[Int32(truncatingIfNeeded: first)] = Int32(truncatingIfNeeded: key &+ 1)
    values[Int32(truncatingIfNeeded: key)] = 0
  }

  /// How many keys are no members of their own.
  var count: Int { values.values.count { $0 == 0 } }

  /// The first key that was there before.
  var first: Int? { values.filter { $0.value == 0 }.keys.min().map { Int($0) } }

  /// The position of the member's value; nil for a key that was there before.
  func value(ofKey key: Int) -> Int? {
    guard let value = values[Int32(truncatingIfNeeded: key)] else { return key &+ 1 }
    return value == 0 ? nil : Int(value)
  }
}

extension JSONValue {
  /// Where the first key stands that its object has already, in bytes from the start of the text, here or at any
  /// depth; nil when there is none.
  package var repeatedKeyOffset: Int? {
    let end = document.positionAfter(position)
    var position = position
    while position < end, document.holds(position) {
      let entry = document.entry(position)
      if entry.kind == .object, let key = document.repeats(in: position)?.first {
        return document.entry(key).offset
      }
      position &+= entry.isContainer ? 2 : 1
    }
    return nil
  }
}

extension JSONDocument {
  /// So few keys are compared with each other, more are hashed.
  private static let comparedKeysMax = 8
  /// What is found of larger objects is kept, so that a walk that ends early costs little the next time.
  private static let forgottenKeysMax = 64

  /// Nil when the object has no key twice.
  func repeats(in object: Int) -> JSONRepeats? {
    let count = extent(object).count
    if count <= Self.comparedKeysMax { return count < 2 ? nil : comparedRepeats(in: object) }
    guard count > Self.forgottenKeysMax else { return hashedRepeats(in: object) }
    if let known = knownRepeats[object] { return known.values.isEmpty ? nil : known }
    let repeats = hashedRepeats(in: object)
    knownRepeats[object] = repeats ?? JSONRepeats()
    return repeats
  }

  private func comparedRepeats(in object: Int) -> JSONRepeats? {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.comparedKeysMax) { keys in
      var count = 0
      var repeats: JSONRepeats?
      forEachKey(of: object) { key in
        guard count < keys.count else { return }
        if let first = keys[..<count].first(where: { isSameKey($0, key) }) {
          repeats = repeats ?? JSONRepeats()
          repeats?.note(key, sameAs: first)
        } else {
          keys.initializeElement(at: count, to: key)
          count &+= 1
        }
      }
      return repeats
    }
  }

  /// Sorted by their hashes, so that it takes no more room than the index itself.
  private func hashedRepeats(in object: Int) -> JSONRepeats? {
    var keys: [(hash: Int, position: Int)] = []
    keys.reserveCapacity(extent(object).count)
    forEachKey(of: object) { keys.append((hash(ofKey: $0), $0)) }
    keys.sort { $0 < $1 }
    var repeats: JSONRepeats?
    var start = 0
    for index in keys.indices.dropFirst() {
      if keys[index].hash != keys[start].hash {
        start = index
        continue
      }
      // Nearly always all of the same hash are the same key.
      let key = keys[index].position
      if let first = keys[start..<index].first(where: { isSameKey($0.position, key) }) {
        repeats = repeats ?? JSONRepeats()
        repeats?.note(key, sameAs: first.position)
      }
    }
    return repeats
  }

  /// Calls `body` with the position of each key.
  private func forEachKey(of object: Int, _ body: (Int) -> Void) {
    guard entry(object).kind == .object else { return }
    let end = entry(object).next
    var position = object &+ 2
    while position < end, holds(position) {
      body(position)
      position = positionAfter(position &+ 1)
    }
  }

  /// Whether two keys are the same text.
  fileprivate func isSameKey(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (entry(left), entry(right))
    guard let text = JSONString.spelling(self, left), let other = JSONString.spelling(self, right) else {
      return false
    }
    if !b.isMarked {
      return JSONString.isEqual(text, hasEscapes: a.isMarked, UnsafeRawBufferPointer(other))
    }
    if !a.isMarked { return JSONString.isEqual(other, hasEscapes: true, UnsafeRawBufferPointer(text)) }
    var decoded: [UInt8] = []
    JSONString.decode(other, to: &decoded)
    return decoded.withUnsafeBytes { JSONString.isEqual(text, hasEscapes: true, $0) }
  }

  /// Of the key's text, in a way that no client can foresee.
  private func hash(ofKey key: Int) -> Int {
    var hasher = Hasher()
    if let spelling = JSONString.spelling(self, key) {
      if entry(key).isMarked {
        var decoded: [UInt8] = []
        JSONString.decode(spelling, to: &decoded)
        decoded.withUnsafeBytes { hasher.combine(bytes: $0) }
      } else {
        hasher.combine(bytes: UnsafeRawBufferPointer(spelling))
      }
    }
    return hasher.finalize()
  }
}
