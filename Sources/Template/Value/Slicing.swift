extension Value {
  /// `value[start:stop:step]`; none stands for what was left out.
  func slice(start: Value, stop: Value, step: Value) throws(Fault) -> Value {
    let start = try Self.bound(start)
    let stop = try Self.bound(stop)
    let step = try Self.bound(step) ?? 1
    if step == 0 { throw .invalid("cannot slice with a step of 0") }
    switch kind {
    case .undefined, .none: return .list(.empty)
    case .string:
      guard let bytes = stringBytes else { return .undefined }
      return .string(Self.slice(bytes, start, stop, step))
    case .sequence, .iterator:
      guard let elements = elements else { return .undefined }
      let positions = Self.positions(in: elements.count, start, stop, step)
      return try .list(positions.map { elements[$0] }, isSequence: false)
    case .bool, .number, .map, .object: throw .invalid("cannot slice a value of type \(kind.name)")
    }
  }

  private static func bound(_ value: Value) throws(Fault) -> Int? {
    if value.isNone { return nil }
    guard let bound = value.int else {
      throw .invalid("the bounds of a slice are whole numbers, not \(value.kindOfNumber)")
    }
    return bound
  }

  private static func slice(_ bytes: [UInt8], _ start: Int?, _ stop: Int?, _ step: Int) -> [UInt8] {
    if Text.isASCII(bytes) {
      return positions(in: bytes.count, start, stop, step).map { bytes[$0] }
    }
    let boundaries = Text.boundaries(bytes)
    var result: [UInt8] = []
    for position in positions(in: boundaries.count - 1, start, stop, step) {
      result.append(contentsOf: bytes[boundaries[position]..<boundaries[position + 1]])
    }
    return result
  }

  /// The positions that a slice takes, all inside `0..<count`.
  private static func positions(in count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> StrideTo<Int> {
    func clamped(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
      let position = bound < 0 ? max(bound &+ count, range.lowerBound) : bound
      return min(max(position, range.lowerBound), range.upperBound)
    }
    if step > 0 {
      let from = clamped(start ?? 0, 0...count)
      return stride(from: from, to: max(from, clamped(stop ?? count, 0...count)), by: min(step, count + 1))
    }
    let first = start.map { clamped($0, -1...(count - 1)) } ?? count - 1
    let last = stop.map { clamped($0, -1...(count - 1)) } ?? -1
    return stride(from: first, to: min(first, last), by: max(step, -(count + 1)))
  }
}
