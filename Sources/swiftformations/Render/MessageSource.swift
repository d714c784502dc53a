import Transformation

/// Answers an exchange from a message in memory. Its bytes do not move, so that what it lends stays valid.
final class MessageSource: ExchangeSource {
  private struct Entry {
    let name: Range<Int>
    let value: Range<Int>
  }

  private let storage: UnsafeMutableRawBufferPointer
  private var entries: [Entry] = []

  /// - Parameter request: whose `x-request-id` counts; nil: `message` is it.
  init(_ message: HTTPMessage, answering request: HTTPMessage? = nil) {
    requestID = (request ?? message).headers.first { $0.name == "x-request-id" }?.value
    let count = message.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.count }
    storage = .allocate(byteCount: count, alignment: 1)
    var end = 0
    for header in message.headers {
      let name = store(header.name.utf8, at: &end)
      entries.append(Entry(name: name, value: store(header.value, at: &end)))
    }
  }

  deinit { storage.deallocate() }

  func header(
    _ name: UnsafeRawBufferPointer, at index: Int, count: inout Int
  ) -> UnsafeRawBufferPointer? {
    count = 0
    var found: UnsafeRawBufferPointer?
    for entry in entries where bytes(entry.name).elementsEqual(name) {
      if count == index { found = bytes(entry.value) }
      count += 1
    }
    return found
  }

  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    for entry in entries { body(bytes(entry.name), bytes(entry.value)) }
  }

  let requestID: [UInt8]?

  /// There is no connection.
  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? { nil }

  private func store(_ bytes: some Collection<UInt8>, at end: inout Int) -> Range<Int> {
    let range = end..<(end + bytes.count)
    storage[range].copyBytes(from: bytes)
    end = range.upperBound
    return range
  }

  private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[range])
  }
}
