/// What is more than data: a loop, a macro, a function, a namespace, a variable of the host.
package class ValueObject {
  /// Loops may hold values and be held by lists, so they count as half of the deepest nesting: an object may then
  /// hold what is not as deep as a loop, and no chain of references can close to a ring.
  static let depthOfLoops = TemplateLimits.valueDepthMax / 2

  init() {}

  /// As how deep a nesting it counts.
  var depth: Int { 1 }
  /// How the language sees it: mostly a map of its attributes.
  var kind: ValueKind { .map }
  var isTrue: Bool { true }
  /// The attributes' names, in order.
  var attributeNames: [Value] { [] }
  /// What it costs to walk over it, in elements.
  var weight: Int { 1 }
  /// Nil when there is no such attribute.
  func attribute(_ name: UnsafeRawBufferPointer) -> Value? { nil }
  /// What `{{ object }}` prints; by default the map of its attributes.
  func appendText(with printer: inout ValuePrinter) { printer.appendMap(.object(self)) }
}

/// `namespace()`: the one value whose attributes a template may set.
///
/// Namespaces may hold one another, but in no ring, which would never be released, and not deep, as printing and
/// releasing recurse: each has a level that is higher than those of all that it holds. What is put into another sinks
/// below it, with all that it holds.
final class Namespace: ValueObject {
  /// How many may be inside of one another.
  static let levels = 8
  /// A namespace holds others in a few lists and maps at most, so that all together is not deep.
  static let depthInLists = ValueObject.depthOfLoops - 4

  private var builder: MapBuilder
  private var level = Namespace.levels - 1
  /// Of what cannot grow.
  private var heldWeight = 1
  private var holdsObjects = false

  override init() { builder = MapBuilder() }

  override var depth: Int { Self.depthInLists }

  override var weight: Int {
    guard holdsObjects else { return heldWeight }
    return ValueBounds.weight(of: builder.entries.lazy.flatMap { [$0.key, $0.value] })
  }

  override var isTrue: Bool { !builder.entries.isEmpty }
  override var attributeNames: [Value] { builder.entries.map(\.key) }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? {
    builder.position(of: .string(Array(name))).map { builder.entries[$0].value }
  }

  /// `name` is a string.
  func set(_ name: Value, to value: Value) throws(Fault) {
    guard value.depth < Self.depthOfLoops else {
      throw .limit(
        "a namespace cannot hold a loop, lists nested \(Self.depthOfLoops) deep, or namespaces in many lists")
    }
    if value.holdsObjects {
      holdsObjects = true
      let level = level
      try value.sink(below: level)
      // What sank with the value is held by it.
      if self.level != level { throw .limit("a namespace cannot hold itself") }
    }
    let position = builder.position(of: name)
    heldWeight &+= value.weight &- (position.map { builder.entries[$0].value.weight } ?? -name.weight)
    builder.set(name, to: value)
  }

  fileprivate func sink(below limit: Int) throws(Fault) {
    if level < limit { return }
    if limit == 0 { throw .limit("namespaces may be \(Self.levels) deep inside of one another") }
    for entry in builder.entries { try entry.value.sink(below: limit &- 1) }
    level = limit &- 1
  }
}

extension Value {
  /// Lets the namespaces in it sink.
  fileprivate func sink(below limit: Int) throws(Fault) {
    guard holdsObjects else { return }
    switch self {
    case .list(let list): for element in list.elements { try element.sink(below: limit) }
    case .map(let map):
      for entry in map.entries {
        try entry.key.sink(below: limit)
        try entry.value.sink(below: limit)
      }
    case .object(let object as Namespace): try object.sink(below: limit)
    default: return
    }
  }
}
