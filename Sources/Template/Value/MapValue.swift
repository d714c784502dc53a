/// An immutable map in the order of insertion; keys may be any value.
package final class MapValue {
  typealias Entry = (key: Value, value: Value)

  let entries: [Entry]
  /// Where each key is; empty for small maps, which are searched.
  private let positions: [MapKey: Int]
  private let bounds: ValueBounds

  fileprivate init(entries: [Entry], positions: [MapKey: Int], bounds: ValueBounds) {
    self.entries = entries
    self.positions = positions
    self.bounds = bounds
  }

  var depth: Int { bounds.depth }
  var weight: Int {
    guard bounds.holdsObjects else { return bounds.weight }
    return ValueBounds.weight(of: entries.lazy.flatMap { [$0.key, $0.value] })
  }
  var textWeight: Int { bounds.textWeight }
  var stepsOfPrinting: Int { bounds.stepsOfPrinting }
  var holdsObjects: Bool { bounds.holdsObjects }

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  package func value(for key: Value) -> Value? {
    if entries.count <= MapBuilder.searchedCountMax {
      for entry in entries where entry.key.isSameKey(as: key) { return entry.value }
      return nil
    }
    return positions[MapKey(key)].map { entries[$0].value }
  }

  package func value(for key: UnsafeRawBufferPointer) -> Value? {
    if entries.count <= MapBuilder.searchedCountMax {
      for entry in entries where entry.key.isString(key) { return entry.value }
      return nil
    }
    return positions[MapKey(.string(Array(key)))].map { entries[$0].value }
  }
}

/// Collects the entries of a map. A key that comes again keeps its place and gets the new value.
struct MapBuilder {
  /// Up to here a search is faster than a hash.
  static let searchedCountMax = 8

  private(set) var entries: [MapValue.Entry] = []
  private var positions: [MapKey: Int] = [:]

  mutating func set(_ key: Value, to value: Value) {
    if let position = position(of: key) {
      entries[position].value = value
      return
    }
    entries.append((key, value))
    if entries.count == Self.searchedCountMax + 1 {
      for (position, entry) in entries.enumerated() { positions[MapKey(entry.key)] = position }
    } else if entries.count > Self.searchedCountMax {
      positions[MapKey(key)] = entries.count - 1
    }
  }

  func position(of key: Value) -> Int? {
    if entries.count <= Self.searchedCountMax { return entries.firstIndex { $0.key.isSameKey(as: key) } }
    return positions[MapKey(key)]
  }

  /// Fails when the map would be nested too deeply or be too large.
  consuming func finish() throws(Fault) -> MapValue {
    var bounds = ValueBounds()
    for entry in entries {
      bounds.include(entry.key)
      bounds.include(entry.value)
    }
    try bounds.check()
    return MapValue(entries: entries, positions: positions, bounds: bounds)
  }
}

/// A value as the key of a dictionary: `1` and `1.0` are one key, `true` is another.
struct MapKey: Hashable {
  let value: Value
  init(_ value: Value) { self.value = value }

  static func == (left: MapKey, right: MapKey) -> Bool { left.value.isSameKey(as: right.value) }

  func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}

extension Value {
  /// Equal, but that no boolean is a number.
  func isSameKey(as other: Value) -> Bool {
    (kind == .bool) == (other.kind == .bool) && isEqual(to: other)
  }

  /// Equal values feed the same bytes. What a client sends may become keys, so all of a value counts.
  fileprivate func hash(into hasher: inout Hasher) {
    if let number = operand {
      number.hash(into: &hasher)
      return
    }
    let string: Void? = withStringBytes { hasher.combine(bytes: $0) }
    if string != nil { return }
    hasher.combine(length ?? -1)
    // Loops may hold loops, as deep as loops go.
    if case .object(let object) = self, !(object is Namespace) { return }
    if kind == .map {
      // Maps are equal in any order.
      var sum = 0
      forEachPair { key, value in
        var pair = Hasher()
        key.hash(into: &pair)
        value.hash(into: &pair)
        sum &+= pair.finalize()
      }
      hasher.combine(sum)
    } else if var iterator = ValueIterator(self) {
      while let element = iterator.next() { element.hash(into: &hasher) }
    }
  }
}

extension Number {
  fileprivate func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let value): hasher.combine(value)
    case .beyond(let value): hasher.combine(value.magnitude)
    case .float(let value):
      if let whole = Int128(exactly: value) {
        hasher.combine(whole)
      } else if let whole = UInt128(exactly: value) {
        hasher.combine(whole)
      } else {
        hasher.combine(value)
      }
    }
  }
}
