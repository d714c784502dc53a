internal import JSON

/// Copies of request headers, for the response's templates, all in one piece of memory.
struct KeptHeaders: Sendable {
  private struct Header {
    let name: Range<Int>
    let value: Range<Int>
  }

  /// As they came; what is looked for is found in one pass.
  private var headers: [Header] = []
  private var bytes: [UInt8] = []

  /// One for each, and one for 64 bytes of their names.
  var stepsOfPass: Int { headers.reduce(0) { $0 &+ 1 &+ $1.name.count >> 6 } }
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
    let changes = mutations.headers.filter { kept?.contains($0.name) ?? true }
    let replaced = changes.filter { $0.operation != .append }.map(\.name.bytes)
    // One pass over what may be many headers.
    if !replaced.isEmpty {
      let bytes = bytes
      headers.removeAll { header in
        bytes.withUnsafeBytes { bytes in
          let name = UnsafeRawBufferPointer(rebasing: bytes[header.name])
          return replaced.contains { $0.withUnsafeBytes(name.equals) }
        }
      }
    }
    for change in changes where change.operation != .remove {
      append(name: change.name.bytes, value: mutations.bytes[change.value])
    }
  }

  func forEachValue(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      for header in headers where UnsafeRawBufferPointer(rebasing: bytes[header.name]).equals(name) {
        body(UnsafeRawBufferPointer(rebasing: bytes[header.value]))
      }
    }
  }
}
