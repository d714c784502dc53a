internal import Transformation

/// What Envoy would answer with a 500, or what would hang or confuse the next hop: found before it is sent.
///
/// Names that Envoy itself ignores without harm (`host`, `:authority`, `x-envoy-…`) are left to it: its
/// `mutation_rules` decide.
enum MutationCheck {
  /// Envoy's default for `max_headers_count`, which limits the sets and the removals of an answer, each.
  static let entriesMax = 100

  /// A mutation that is left out of the answer.
  struct Fault: Equatable {
    enum Subject: Equatable {
      /// Into `Mutations.headers`.
      case header(Int)
      /// Into `Mutations.metadata`.
      case metadata(Int)
    }
    let subject: Subject
    let reason: Reason
    /// Of the header, or `namespace.key`.
    let name: String
  }

  enum Reason: String {
    case invalidHeaderValue = "invalid_header_value"
    case contentLength = "content_length_is_automatic"
    case transferEncoding = "transfer_encoding_is_of_the_connection"
    case invalidPath = "invalid_path"
    case invalidStatus = "invalid_status"
    case pseudoHeader = "pseudo_header_not_in_this_direction"
    case metadataHasNUL = "metadata_holds_nul"

    /// Left out without a word: the right value is sent in its place.
    var isSilent: Bool { self == .contentLength }
  }

  /// Empty, and without a cost, for the mutations that most answers carry.
  static func faults(in mutations: Mutations, _ direction: Direction) -> [Fault] {
    var faults: [Fault] = []
    mutations.bytes.withUnsafeBytes { bytes in
      for (index, header) in mutations.headers.enumerated() where header.operation != .remove {
        let value = UnsafeRawBufferPointer(rebasing: bytes[header.value])
        guard let reason = fault(header.name, value, direction) else { continue }
        faults.append(Fault(subject: .header(index), reason: reason, name: header.name.description))
      }
      for (index, entry) in mutations.metadata.enumerated() where holdsNUL(entry, bytes[entry.value]) {
        let name = "\(entry.namespace).\(entry.key)"
        faults.append(Fault(subject: .metadata(index), reason: .metadataHasNUL, name: name))
      }
    }
    return faults
  }

  /// Whether one answer can carry them, with `content-length` when the body changes.
  static func exceedsEntries(_ mutations: Mutations) -> Bool {
    guard mutations.headers.count >= entriesMax else { return false }
    let removals = mutations.headers.count { $0.operation == .remove }
    let sets = mutations.headers.count &- removals &+ (mutations.body == nil ? 0 : 1)
    return removals > entriesMax || sets > entriesMax
  }

  private static func fault(
    _ name: HeaderName, _ value: UnsafeRawBufferPointer, _ direction: Direction
  ) -> Reason? {
    if !value.allSatisfy(isFieldCharacter) { return .invalidHeaderValue }
    if name.isPseudoHeader { return pseudoHeaderFault(name, value, direction) }
    // A length that does not fit its body is a 500 or hangs the next hop; Envoy knows the length of a body that
    // passes, and the answer says that of a new one.
    if name.bytes.elementsEqual("content-length".utf8) { return .contentLength }
    if name.bytes.elementsEqual("transfer-encoding".utf8) { return .transferEncoding }
    return nil
  }

  private static func pseudoHeaderFault(
    _ name: HeaderName, _ value: UnsafeRawBufferPointer, _ direction: Direction
  ) -> Reason? {
    switch (name.description, direction) {
    case (":path", .request): return isPath(value) ? nil : .invalidPath
    case (":status", .response): return isFinalStatus(value) ? nil : .invalidStatus
    case (":method", .request), (":authority", .request), (":scheme", .request): return nil
    default: return .pseudoHeader
    }
  }

  /// RFC 9110 section 5.5: visible characters, those above ASCII, space and tab.
  private static func isFieldCharacter(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == 0x09
  }

  /// RFC 9113 section 8.3.1: not empty, starts with `/`, or is `*` for OPTIONS. White space would end it in HTTP/1.
  private static func isPath(_ value: UnsafeRawBufferPointer) -> Bool {
    if value.elementsEqual("*".utf8) { return true }
    return value.first == UInt8(ascii: "/") && value.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }

  /// 200 to 599.
  private static func isFinalStatus(_ value: UnsafeRawBufferPointer) -> Bool {
    guard value.count == 3, let first = value.first else { return false }
    return (UInt8(ascii: "2")...UInt8(ascii: "5")).contains(first)
      && value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// protobuf-c's strings end at the first NUL.
  private static func holdsNUL(_ entry: Mutations.Metadata, _ value: Slice<UnsafeRawBufferPointer>) -> Bool {
    value.contains(0) || entry.namespace.utf8.contains(0) || entry.key.utf8.contains(0)
  }
}
