/// A running `for`: what it walks over, and the `loop` that its body sees.
final class LoopState: ValueObject {
  /// What `loop` has.
  enum Attribute: UInt8, CaseIterable {
    case index0, index, length, revindex, revindex0, first, last, depth, depth0, previtem, nextitem

    init?(_ name: UnsafeRawBufferPointer) {
      for attribute in Self.allCases where name.elementsEqual("\(attribute)".utf8) {
        self = attribute
        return
      }
      return nil
    }

    init?(name: String) {
      guard let attribute = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
      self = attribute
    }
  }

  /// Flags of `Operation.beginLoop`: the body sees it as `loop`; it may be called.
  static let isNamed: UInt8 = 1
  static let isRecursive: UInt8 = 2

  private var iterator: ValueIterator
  private let tracksNeighbours: Bool
  /// From 0; before the first element -1.
  private(set) var index = -1
  let nesting: Int
  let isNamed: Bool
  /// Its first instruction, when it may be called.
  let start: Int?
  /// Where to go on behind it, when it was called, and whether its output is a value there.
  let returnAddress: (instruction: Int, captures: Bool)?

  private var previous: Value = .undefined
  private var current: Value = .undefined
  /// The next element, when it was asked for ahead of its turn.
  private var ahead: Value??
  private var lastChanged: [Value]?

  init(
    _ iterator: ValueIterator, nesting: Int, isNamed: Bool, start: Int?,
    returnAddress: (instruction: Int, captures: Bool)?, tracksNeighbours: Bool
  ) {
    self.iterator = iterator
    self.nesting = nesting
    self.isNamed = isNamed
    self.start = start
    self.returnAddress = returnAddress
    self.tracksNeighbours = tracksNeighbours
  }

  func next() -> Value? {
    guard tracksNeighbours else {
      guard let value = iterator.next() else { return nil }
      index &+= 1
      return value
    }
    let value = ahead ?? iterator.next()
    ahead = nil
    guard let value else { return nil }
    previous = current
    current = value
    index &+= 1
    return value
  }

  func attribute(_ attribute: Attribute) -> Value {
    let length = iterator.count
    switch attribute {
    case .index0: return .int(Int64(index))
    case .index: return .int(Int64(index &+ 1))
    case .length: return .int(Int64(length))
    case .revindex: return .int(Int64(max(0, length &- index)))
    case .revindex0: return .int(Int64(max(0, length &- index &- 1)))
    case .first: return .bool(index == 0)
    case .last: return .bool(index &+ 1 == length)
    case .depth: return .int(Int64(nesting &+ 1))
    case .depth0: return .int(Int64(nesting))
    case .previtem: return previous
    case .nextitem:
      let next = ahead ?? iterator.next()
      ahead = .some(next)
      return next ?? .undefined
    }
  }

  // MARK: - As a value

  override var attributeNames: [Value] { Attribute.allCases.map { Value("\($0)") } }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? { Attribute(name).map { attribute($0) } }

  override func appendText(with printer: inout ValuePrinter) {
    printer.append(text: "<loop \(index)/\(iterator.count)>")
  }

  /// `loop.cycle(…)`: one argument after the other.
  func cycle(_ arguments: [Value]) throws(Fault) -> Value {
    guard !arguments.isEmpty else { throw .arguments("`loop.cycle` needs at least one argument") }
    return arguments[max(0, index) % arguments.count]
  }

  /// `loop.changed(…)`: whether the arguments differ from those of the last call.
  func changed(_ arguments: [Value]) throws(Fault) -> Value {
    for argument in arguments where argument.depth >= ValueObject.depth {
      throw .limit("`loop.changed` takes no loops, namespaces or macros")
    }
    if let last = lastChanged, last.count == arguments.count,
      zip(last, arguments).allSatisfy({ $0.isEqual(to: $1) })
    {
      return .bool(false)
    }
    lastChanged = arguments
    return .bool(true)
  }
}
