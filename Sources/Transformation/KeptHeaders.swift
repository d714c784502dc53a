/// Copies of request headers, for the response's templates, all in one piece of memory.
struct KeptHeaders: Sendable {
  private struct Header {
    let name: Range<Int>
    let value: Range<Int>
  }

  /// As they came; what is looked for is found in one pass.
  private var headers: [Header] = []
  private var bytes: [UInt8] = []

  var isEmpty: Bool { headers.isEmpty }
  var count: Int { headers.count }
  /// What is allocated for them.
  var heldBytes: Int { bytes.capacity &+ headers.capacity &* MemoryLayout<Header>.stride }

  mutating func removeAll() {
    guard !headers.isEmpty else { return }
    headers = []
    bytes = []
  }

  mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: name)
    let middle = bytes.count
    bytes.append(contentsOf: value)
    headers.append(Header(name: start..<middle, value: middle..<bytes.count))
  }

  /// What the transformation itself changed in the request: a few headers.
  mutating func apply(_ mutations: Mutations, only kept: [HeaderName]?) {
    for header in mutations.headers where kept?.contains(header.name) ?? true {
      let name = header.name.bytes
      if header.operation != .append { headers.removeAll { bytes[$0.name].elementsEqual(name) } }
      if header.operation != .remove { append(name: name, value: mutations.bytes[header.value]) }
    }
  }

  func forEachValue(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      for header in headers where bytes[header.name].elementsEqual(name) {
        body(UnsafeRawBufferPointer(rebasing: bytes[header.value]))
      }
    }
  }
}
