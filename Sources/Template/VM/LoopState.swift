/// A running `for`: what it walks over, and the `loop` that its body sees.
final class LoopState: ValueObject {
  /// What `loop` has.
  enum Attribute: UInt8, CaseIterable {
    case index0, index, length, revindex, revindex0, first, last, depth, depth0, previtem, nextitem

    static let names = allCases.map { "\($0)" }

    init?(_ name: UnsafeRawBufferPointer) {
      guard let position = Self.names.firstIndex(where: { name.elementsEqual($0.utf8) }) else { return nil }
      self = Self.allCases[position]
    }

    init?(name: String) {
      guard let position = Self.names.firstIndex(of: name) else { return nil }
      self = Self.allCases[position]
    }
  }

  /// Flags of `Operation.beginLoop`: the body sees it as `loop`; it may be called.
  static let isNamed: UInt8 = 1
  static let isRecursive: UInt8 = 2

  /// From 0; before the first element -1.
  private(set) var index = -1
  private let length: Int
  let nesting: Int
  let isNamed: Bool
  /// Its first instruction, when it may be called.
  let start: Int?
  /// Where to go on behind it, when it was called, and whether its output is a value there.
  let returnAddress: (instruction: Int, captures: Bool)?

  /// The elements around the current one; only where the template asks for them.
  private var previous: Value = .undefined
  private var current: Value = .undefined
  private(set) var following: Value?
  private var lastChanged: [Value]?

  init(
    length: Int, nesting: Int, isNamed: Bool, start: Int?, returnAddress: (instruction: Int, captures: Bool)?
  ) {
    self.length = length
    self.nesting = nesting
    self.isNamed = isNamed
    self.start = start
    self.returnAddress = returnAddress
  }

  /// The loop has the next element.
  func advance() { index &+= 1 }

  /// The loop has the next element, and knows the one behind it.
  func advance(to value: Value, following: Value?) {
    previous = current
    current = value
    self.following = following
    index &+= 1
  }

  func attribute(_ attribute: Attribute) -> Value {
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
    case .nextitem: return following ?? .undefined
    }
  }

  // MARK: - As a value

  override var depth: Int { Self.depthOfLoops }

  override var weight: Int {
    Attribute.allCases.count &* 4 &+ Self.weight(previous) &+ Self.weight(following)
  }

  /// Loops beside loops may go as deep as loops do: they are not looked into.
  private static func weight(_ neighbour: Value?) -> Int {
    guard let neighbour else { return 0 }
    return neighbour.holdsObjects ? weightOfObjects : neighbour.weight
  }

  private static let weightOfObjects = 1 << 16

  override var attributeNames: [Value] { Attribute.names.map { Value($0) } }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? { Attribute(name).map { attribute($0) } }

  override func appendText(with printer: inout ValuePrinter) {
    printer.append(text: "<loop \(index)/\(length)>")
  }

  /// `loop.cycle(…)`: one argument after the other.
  func cycle(_ arguments: [Value]) throws(Fault) -> Value {
    guard !arguments.isEmpty else { throw .arguments("`loop.cycle` needs at least one argument") }
    return arguments[max(0, index) % arguments.count]
  }

  /// `loop.changed(…)`: whether the arguments differ from those of the last call.
  func changed(_ arguments: [Value]) throws(Fault) -> Value {
    for argument in arguments where argument.depth >= Namespace.depthInLists {
      throw .limit("`loop.changed` takes no loops and namespaces")
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
