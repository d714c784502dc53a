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

  private func unpack(_ bytes: [UInt8], into arena: MessageArena = MessageArena()) throws(GRPCStatus) {
    let copy = bytes
    let result = copy.withUnsafeBytes { bytes in
      Result { () throws(GRPCStatus) in _ = try IncomingMessage(bytes, arena) }
    }
    try result.get()
  }

  @Test("a message costs one chunk of memory, and none once the arena is warm")
  func allocations() throws {
    let arena = MessageArena()
    let bytes = nestedMessage(5) + requestMessage()
    try unpack(bytes, into: arena)
    #expect(arena.chunksAllocated == 1)
    for _ in 0..<1000 {
      arena.reset()
      try unpack(bytes, into: arena)
    }
    #expect(arena.chunksAllocated == 1)
  }

  @Test("nesting up to the limit is read, and a level more is refused")
  func depth() throws {
    // ProcessingRequest, entry, Struct, entry, Value; each list adds two.
    let deepest = (IncomingMessage.depthMax - 5) / 2
    try unpack(nestedMessage(deepest))
    #expect(throws: GRPCStatus.self) { try unpack(nestedMessage(deepest + 1)) }
  }

  @Test("hostile nesting does not reach the stack")
  func bottomless() {
    let error = #expect(throws: GRPCStatus.self) { try unpack(nestedMessage(20_000)) }
    #expect(error?.code == .internal)
  }

  @Test("a message cut anywhere is read or refused, never more")
  func truncated() {
    let whole = requestMessage()
    var refused = 0
    for count in 0..<whole.count {
      do { try unpack(Array(whole.prefix(count))) } catch {
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

  @Test("small values cannot take memory without end")
  func smallValues() {
    // A list of a million values without a kind: two bytes each, and a structure.
    let list = [UInt8](repeatElement([0x0a, 0], count: 1_000_000).joined())
    let bytes = attributes(field(1, field(1, Array("k".utf8)) + field(2, field(6, list))))
    let arena = MessageArena()
    #expect(throws: GRPCStatus.self) { try unpack(bytes, into: arena) }
    let most = bytes.count + IncomingMessage.growthBytesMax + IncomingMessage.budgetBytes
    #expect(arena.chunksAllocated * MessageArena.chunkBytesMax < most + 3 * bytes.count + (1 << 20))
  }

  @Test("fields of the wrong kind are refused, unknown ones are passed over")
  func wrongKinds() throws {
    let attributes = self.attributes([])
    for bytes: [UInt8] in [
      [0x10, 1], [0x12, 2, 0x08, 1], [0x12, 2, 0x1a, 0], [0x22, 2, 0x12, 0], [0x48, 1], [0x52, 0], [0x58, 1],
      [0x5a, 2, 0x0a, 0], [0x4a, 2, 0x08, 1], [0x4a, 2, 0x10, 1], attributes.dropLast(2) + [0x10, 0],
    ] {
      #expect(throws: GRPCStatus.self, "\(bytes)") { try unpack(bytes) }
    }
    // metadata_context, which nothing reads; fields 12 to 15; a fixed64 and a fixed32.
    try unpack(
      [0x42, 2, 0xff, 0xff, 0x60, 1, 0x6a, 0, 0x71] + [UInt8](repeating: 1, count: 8) + [0x7d, 1, 2, 3, 4])
    try unpack(attributes)
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
