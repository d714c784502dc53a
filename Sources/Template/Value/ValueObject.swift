/// What is more than data: a loop, a macro, a namespace, a variable of the host.
package class ValueObject {
  /// Objects may hold values and be held by lists, so they count as half of the deepest nesting: an object may then
  /// hold what is not as deep as an object, and no chain of references can close to a ring.
  static let depth = TemplateLimits.valueDepthMax / 2

  init() {}

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
final class Namespace: ValueObject {
  private var builder: MapBuilder
  private var heldWeight = 1

  override init() { builder = MapBuilder() }

  override var weight: Int { heldWeight }

  override var isTrue: Bool { !builder.entries.isEmpty }
  override var attributeNames: [Value] { builder.entries.map(\.key) }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? {
    builder.position(of: .string(Array(name))).map { builder.entries[$0].value }
  }

  /// `name` is a string.
  func set(_ name: Value, to value: Value) throws(Fault) {
    guard value.depth < ValueObject.depth else {
      throw .limit("a namespace cannot hold a namespace, a loop, or lists nested \(ValueObject.depth) deep")
    }
    let position = builder.position(of: name)
    heldWeight &+= value.weight &- (position.map { builder.entries[$0].value.weight } ?? -name.weight)
    builder.set(name, to: value)
  }
}
