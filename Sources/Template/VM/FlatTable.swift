/// Plain data that never changes once it is there.
///
/// Reading it costs no reference count. Reading an array that lies in an object does, at every instruction: that was
/// nearly half of all the counting of a rendering.
struct FlatTable<Element: BitwiseCopyable>: ~Copyable {
  private let elements: UnsafeMutableBufferPointer<Element>

  init(_ array: [Element]) {
    elements = .allocate(capacity: array.count)
    _ = elements.initialize(from: array)
  }

  deinit { elements.deallocate() }

  var count: Int { elements.count }

  /// Positions come from the code generator, which is why a wrong one is a fault of ours, as with an array.
  @inline(__always)
  subscript(position: Int) -> Element {
    precondition(position >= 0 && position < elements.count)
    return elements[position]
  }

  /// Calls `body` with a part, borrowed.
  @inline(__always)
  func with<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= elements.count)
    return try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: elements[range])))
  }
}

/// Byte strings, one behind the other.
struct FlatTexts: ~Copyable {
  private let bytes: FlatTable<UInt8>
  /// Where each starts, and where the last ends.
  private let bounds: FlatTable<Int>

  init(_ texts: [[UInt8]]) {
    var bounds = [0]
    for text in texts { bounds.append(bounds[bounds.count - 1] + text.count) }
    bytes = FlatTable(Array(texts.joined()))
    self.bounds = FlatTable(bounds)
  }

  /// Calls `body` with the text at a position, borrowed.
  @inline(__always)
  func with<Result, Failure: Error>(
    _ position: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.with(bounds[position]..<bounds[position + 1], body)
  }
}
