/// An immutable list. What filters and slices make is a list too, but no `sequence` to the language's tests, as in
/// minijinja, where it is an iterator.
package final class ListValue {
  package let elements: [Value]
  let isSequence: Bool
  /// Names for the elements, where they have any (`group.grouper`).
  let labels: [StaticString]
  private let bounds: ValueBounds

  private init(elements: [Value], isSequence: Bool, labels: [StaticString], bounds: ValueBounds) {
    self.elements = elements
    self.isSequence = isSequence
    self.labels = labels
    self.bounds = bounds
  }

  var depth: Int { bounds.depth }
  var weight: Int { bounds.holdsObjects ? ValueBounds.weight(of: elements) : bounds.weight }
  var textWeight: Int { bounds.textWeight }
  var stepsOfPrinting: Int { bounds.stepsOfPrinting }
  var holdsObjects: Bool { bounds.holdsObjects }

  static let empty = ListValue(elements: [], isSequence: true, labels: [], bounds: ValueBounds())

  /// Fails when the list would be nested too deeply or be too large.
  package static func make(
    _ elements: [Value], isSequence: Bool = true, labels: [StaticString] = []
  ) throws(Fault) -> ListValue {
    var bounds = ValueBounds()
    for element in elements { bounds.include(element) }
    try bounds.check()
    return ListValue(elements: elements, isSequence: isSequence, labels: labels, bounds: bounds)
  }

  func element(named name: UnsafeRawBufferPointer) -> Value? {
    for (position, label) in labels.enumerated() where position < elements.count {
      let text = UnsafeRawBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount)
      if Text.areEqual(text, name) { return elements[position] }
    }
    return nil
  }
}

// Immutable. What it may hold and threads may not share, places in a body and objects, never leaves its rendering: the
// lists that templates share are their constants, plain data.
extension ListValue: @unchecked Sendable {}

extension Value {
  static func list(_ elements: [Value], isSequence: Bool = true) throws(Fault) -> Value {
    .list(try ListValue.make(elements, isSequence: isSequence))
  }
}

/// Adds up how deep and how large a list or map becomes.
struct ValueBounds {
  private(set) var depth = 1
  private(set) var weight = 1
  /// The part of the weight that is text.
  private(set) var textWeight = 0
  private(set) var holdsObjects = false

  mutating func include(_ value: Value) {
    depth = max(depth, value.depth &+ 1)
    if value.holdsObjects { holdsObjects = true }
    // Both are far below the largest integer: every value was checked when it was made.
    weight &+= value.weight
    textWeight &+= value.textWeight
    if weight > TemplateLimits.valueElementsMax { weight = TemplateLimits.valueElementsMax + 1 }
  }

  /// Without objects.
  var stepsOfPrinting: Int {
    (weight &- textWeight) &* StepCosts.printed &+ textWeight &* StepCosts.printedText
  }

  /// As they are now; of more than a value may have, no more than that is looked at.
  static func weight(of values: some Sequence<Value>) -> Int {
    var bounds = ValueBounds()
    for value in values where bounds.weight <= TemplateLimits.valueElementsMax { bounds.include(value) }
    return bounds.weight
  }

  func check() throws(Fault) {
    if depth > TemplateLimits.valueDepthMax {
      throw .limit("lists and maps may be nested \(TemplateLimits.valueDepthMax) deep at most")
    }
    if weight > TemplateLimits.valueElementsMax {
      throw .limit("a value may have \(TemplateLimits.valueElementsMax) elements at most")
    }
  }
}
