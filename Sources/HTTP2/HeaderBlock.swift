internal import CNghttp2

/// A list of header fields in the form that nghttp2 takes. Those that are always the same are made once.
package final class HeaderBlock: Sendable {
  /// Names and values lie one behind the other in `storage`; nothing changes after `init`.
  nonisolated(unsafe) let fields: UnsafeMutableBufferPointer<nghttp2_nv>
  nonisolated(unsafe) private let storage: UnsafeMutableBufferPointer<UInt8>

  /// Names must be in lower case; values must be legal (RFC 9113 section 8.2.1).
  package init(_ list: [(name: StaticString, value: String)]) {
    fields = .allocate(capacity: list.count)
    storage = .allocate(capacity: list.reduce(0) { $0 &+ $1.name.utf8CodeUnitCount &+ $1.value.utf8.count })
    var place = storage.baseAddress
    func store(_ bytes: some Collection<UInt8>) -> (UnsafeMutablePointer<UInt8>?, Int) {
      let start = place
      for byte in bytes {
        place?.pointee = byte
        place = place?.advanced(by: 1)
      }
      return (start, bytes.count)
    }
    for (index, field) in list.enumerated() {
      let name = store(
        UnsafeBufferPointer(start: field.name.utf8Start, count: field.name.utf8CodeUnitCount))
      let value = store(field.value.utf8)
      fields.initializeElement(
        at: index,
        to: nghttp2_nv(
          name: name.0, value: value.0, namelen: name.1, valuelen: value.1,
          flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
    }
  }

  deinit {
    fields.deallocate()
    storage.deallocate()
  }
}
