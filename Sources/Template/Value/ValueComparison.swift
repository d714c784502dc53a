import JSON

extension Value {
  /// `==`: numbers by value, with true as one and false as zero; strings by their bytes; lists and maps by what they
  /// hold; objects when they are the same.
  func isEqual(to other: Value) -> Bool {
    switch (self, other) {
    case (.int(let left), .int(let right)): return left == right
    case (.string(let left), .string(let right)): return left == right
    case (.object(let left), .object(let right)): return left === right
    default: break
    }
    if let left = operand {
      guard let right = other.operand else { return false }
      return left.isEqual(to: right)
    }
    switch (kind, other.kind) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string, .string):
      return withStringBytes { left in other.isString(left) } ?? false
    case (.map, .map): return isEqualMap(to: other)
    case (.sequence, .sequence), (.sequence, .iterator), (.iterator, .sequence), (.iterator, .iterator):
      return isEqualSequence(to: other)
    default: return false
    }
  }

  private func isEqualSequence(to other: Value) -> Bool {
    guard var left = ValueIterator(self), var right = ValueIterator(other) else { return false }
    guard left.count == right.count else { return false }
    while let element = left.next() {
      guard let counterpart = right.next(), element.isEqual(to: counterpart) else { return false }
    }
    return true
  }

  private func isEqualMap(to other: Value) -> Bool {
    guard length == other.length else { return false }
    let other = other.hashed
    var isEqual = true
    forEachPair { key, value in
      guard isEqual else { return }
      let counterpart = (try? other.item(key)) ?? .undefined
      isEqual = counterpart.isEqual(to: value)
    }
    return isEqual
  }

  /// A large object of the body as a map with a hash: a body's members are found by a search.
  var hashed: Value {
    guard case .json(let json) = self, json.count > MapBuilder.searchedCountMax else { return self }
    var builder = MapBuilder()
    forEachPair { builder.set($0, to: $1) }
    return (try? builder.finish()).map { .map($0) } ?? self
  }

  /// The order of any two values: first by kind (none, booleans, numbers, strings, lists, maps), then by value.
  /// Negative, zero, positive.
  func compared(to other: Value) -> Int {
    if case .int(let left) = self, case .int(let right) = other {
      return left < right ? -1 : left == right ? 0 : 1
    }
    let (kind, otherKind) = (kind, other.kind)
    if kind != otherKind { return kind < otherKind ? -1 : 1 }
    switch kind {
    case .undefined, .none, .object: return 0
    case .bool, .number:
      guard let left = operand, let right = other.operand else { return 0 }
      return left.compared(to: right)
    case .string:
      return withStringBytes { left in other.withStringBytes { Self.compare(left, $0) } ?? 0 } ?? 0
    case .sequence, .iterator: return compareSequence(to: other)
    case .map: return comparePairs(to: other)
    }
  }

  /// By bytes, which for UTF-8 is the order of code points.
  private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    for (a, b) in zip(left, right) where a != b { return a < b ? -1 : 1 }
    return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
  }

  private func compareSequence(to other: Value) -> Int {
    guard var left = ValueIterator(self), var right = ValueIterator(other) else { return 0 }
    while true {
      switch (left.next(), right.next()) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let a?, let b?):
        let order = a.compared(to: b)
        if order != 0 { return order }
      }
    }
  }

  private func comparePairs(to other: Value) -> Int {
    if case .object = self { return 0 }
    if case .object = other { return 0 }
    let (left, right) = (pairs, other.pairs)
    for (a, b) in zip(left, right) {
      var order = a.key.compared(to: b.key)
      if order == 0 { order = a.value.compared(to: b.value) }
      if order != 0 { return order }
    }
    return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
  }

  /// The entries of a map, in order; none on other kinds.
  var pairs: [MapValue.Entry] {
    if case .map(let map) = self { return map.entries }
    var pairs: [MapValue.Entry] = []
    forEachPair { pairs.append(($0, $1)) }
    return pairs
  }
}

extension Number {
  func isEqual(to other: Number) -> Bool {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): left == right
    case (.float(let left), .float(let right)): left == right
    case (.beyond(let left), .beyond(let right)):
      left.magnitude == right.magnitude && left.isNegative == right.isNegative
    case (.float(let left), _): !left.isNaN && other.compared(to: .float(left)) == 0
    case (_, .float(let right)): !right.isNaN && compared(to: .float(right)) == 0
    default: false
    }
  }

  /// A total order: not-a-number is above infinity, and minus zero below zero.
  func compared(to other: Number) -> Int {
    switch (self, other) {
    case (.integer(let left), .integer(let right)): return left < right ? -1 : left == right ? 0 : 1
    case (.float(let left), .float(let right)): return Self.compare(left, right)
    case (.float, _): return -other.compared(to: self)
    case (_, .float(let right)): return compareExactly(to: right)
    case (.beyond(let left), .integer): return left.isNegative ? -1 : 1
    case (.integer, .beyond(let right)): return right.isNegative ? 1 : -1
    case (.beyond(let left), .beyond(let right)):
      if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
      if left.magnitude == right.magnitude { return 0 }
      return (left.magnitude < right.magnitude) != left.isNegative ? -1 : 1
    }
  }

  private static func compare(_ left: Double, _ right: Double) -> Int {
    if left == right, left != 0 { return 0 }
    return left.isTotallyOrdered(belowOrEqualTo: right)
      ? (right.isTotallyOrdered(belowOrEqualTo: left) ? 0 : -1) : 1
  }

  /// An integer with a float, without rounding either.
  private func compareExactly(to float: Double) -> Int {
    if float.isNaN { return float.sign == .minus ? 1 : -1 }
    let whole = float.rounded(.down)
    let order: Int
    switch self {
    case .integer(let value):
      guard let floor = Int128(exactly: whole) else { return float < 0 ? 1 : -1 }
      order = value < floor ? -1 : value == floor ? 0 : 1
    case .beyond(let value):
      if (whole < 0) != value.isNegative { return value.isNegative ? -1 : 1 }
      // A float beyond 128 bits is beyond every integer.
      guard let floor = UInt128(exactly: whole.magnitude) else { return value.isNegative ? 1 : -1 }
      let magnitudes = value.magnitude < floor ? -1 : value.magnitude == floor ? 0 : 1
      order = value.isNegative ? -magnitudes : magnitudes
    case .float: return 0
    }
    return order == 0 && float > whole ? -1 : order
  }
}
