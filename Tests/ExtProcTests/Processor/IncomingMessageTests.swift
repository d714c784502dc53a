import CExtProc
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("IncomingMessage")
struct IncomingMessageTests {
  /// A message with the usual headers of a request.
  private func requestMessage(headerCount: Int = 20) -> [UInt8] {
    EnvoyPeer(.empty).serialize { message, arena in
      let content = arena.make(envoy__service__ext_proc__v3__http_headers__init)
      let headers = (0..<headerCount).map { ("x-header-\($0)", "value of the header \($0)") }
      content.pointee.headers = EnvoyPeer.packed(EnvoyPeer.headerMap(headers, arena), arena)
      message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_HEADERS
      message.request_headers = content
    }
  }

  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length = UInt32(content.count)
    var bytes = [number << 3 | 2]
    while length > 0x7F {
      bytes.append(UInt8(length & 0x7F) | 0x80)
      length >>= 7
    }
    return bytes + [UInt8(length)] + content
  }

  /// An entry of `attributes` with a serialized `Struct`.
  private func attributes(_ value: [UInt8]) -> [UInt8] {
    field(9, field(1, Array("envoy.filters.http.ext_proc".utf8)) + field(2, value))
  }

  /// `attributes` with a value that is `depth` lists deep.
  private func nestedMessage(_ depth: Int) -> [UInt8] {
    var value: [UInt8] = []
    // Value.list_value, ListValue.values
    for _ in 0..<depth { value = field(6, field(1, value)) }
    let entry = field(1, Array("k".utf8)) + field(2, value)
    return attributes(field(1, entry)) + field(2, [])
  }

  private func read(_ bytes: [UInt8]) throws(GRPCStatus) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(GRPCStatus) in _ = try IncomingMessage(bytes) }
    }
    try result.get()
  }

  private func attribute(_ name: String, of bytes: [UInt8]) throws -> AttributeValue? {
    try bytes.withUnsafeBytes { bytes in
      try IncomingMessage(bytes).attributes.value(name).flatMap { AttributeValue($0) }
    }
  }

  @Test("attributes are read where they lie, however deep and large those are that nobody asks for")
  func attributesAsked() throws {
    func entry(_ key: String, _ value: [UInt8]) -> [UInt8] {
      field(1, field(1, Array(key.utf8)) + field(2, value))
    }
    let number = [0x11] + withUnsafeBytes(of: (42.0).bitPattern.littleEndian) { Array($0) }
    var deep: [UInt8] = []
    for _ in 0..<20_000 { deep = field(6, field(1, deep)) }
    // A text of a million fields that nobody knows.
    let unknown = [UInt8](repeatElement([0x78, 1], count: 1_000_000).joined())
    let message = attributes(
      entry("deep", deep) + entry("a", field(3, Array("first".utf8))) + entry("unknown", unknown)
        + entry("n", number) + entry("yes", [0x20, 1]) + entry("null", [0x08, 0])
        + entry("a", field(3, Array("last".utf8))) + entry("half", [0x11, 1]))
    #expect(try attribute("a", of: message) == .string(Array("last".utf8)))
    #expect(try attribute("n", of: message) == .int(42))
    #expect(try attribute("yes", of: message) == .bool(true))
    for name in ["deep", "unknown", "null", "half", "none", ""] {
      #expect(try attribute(name, of: message) == nil, "\(name)")
    }
  }

  @Test("a message cut anywhere is read or refused, never more")
  func truncated() {
    let whole = requestMessage()
    var refused = 0
    for count in 0..<whole.count {
      do { try read(Array(whole.prefix(count))) } catch {
        #expect(error.code == .internal)
        refused += 1
      }
    }
    #expect(refused > whole.count / 2)
  }

  @Test("random and damaged messages are read or refused, never more")
  func damaged() {
    var random = SeededGenerator(seed: 0x5EED)
    let valid = [requestMessage(headerCount: 4), nestedMessage(20)]
    for round in 0..<20_000 {
      var bytes: [UInt8]
      if round.isMultiple(of: 4) {
        bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in .random(in: 0...255, using: &random) }
      } else {
        bytes = valid[round % 2]
        for _ in 0..<Int.random(in: 1..<6, using: &random) {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
      }
      let outcome = EnvoyPeer(.empty).sendBytes(bytes)
      #expect(outcome.answers.allSatisfy { $0.kind != .none && $0.faults.isEmpty })
    }
  }

  @Test("fields of the wrong kind are refused, unknown ones are passed over")
  func wrongKinds() throws {
    let attributes = self.attributes([])
    for bytes: [UInt8] in [
      [0x10, 1], [0x12, 2, 0x08, 1], [0x12, 2, 0x1a, 0], [0x22, 2, 0x12, 0], [0x48, 1], [0x52, 0], [0x58, 1],
      [0x5a, 2, 0x0a, 0], [0x4a, 2, 0x08, 1], [0x4a, 2, 0x10, 1], attributes.dropLast(2) + [0x10, 0],
    ] {
      #expect(throws: GRPCStatus.self, "\(bytes)") { try read(bytes) }
    }
    // metadata_context, which nothing reads; fields 12 to 15; a fixed64 and a fixed32.
    try read(
      [0x42, 2, 0xff, 0xff, 0x60, 1, 0x6a, 0, 0x71] + [UInt8](repeating: 1, count: 8) + [0x7d, 1, 2, 3, 4])
    try read(attributes)
  }
}

/// A repeatable source of random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
