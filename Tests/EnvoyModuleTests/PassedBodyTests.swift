import CEnvoyModule
import Testing

@testable import EnvoyModule

/// Where the last piece of a body begins in a buffer that others fill, too.
@Suite("The last piece of a body that passes")
struct PassedBodyTests {
  private func with<Result>(_ bytes: [UInt8], _ use: (BodyChunks) -> Result) -> Result {
    bytes.withUnsafeBytes { bytes in
      var buffer = EnvoyBuffer(start: bytes.baseAddress, count: bytes.count)
      return withUnsafeMutablePointer(to: &buffer) {
        use(BodyChunks(chunks: UnsafeMutableBufferPointer(start: $0, count: 1)))
      }
    }
  }

  /// - Parameter kept: what the buffer held beside each piece.
  private func found(_ pieces: [[UInt8]], kept: [Int?], buffer: [UInt8], isGRPC: Bool = false) -> Int? {
    var passed = PassedBody()
    passed.begin(declaredLength: nil, isGRPC: isGRPC)
    for (piece, kept) in zip(pieces, kept) { with(piece) { passed.pass($0, keptCount: kept) } }
    return with(buffer) { passed.lastPiece(in: $0) }
  }

  private func message(_ text: String) -> [UInt8] { [0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }

  @Test("is what the buffer has more than has passed")
  func kept() {
    let body = Array("a first piece, and ".utf8)
    #expect(found([body], kept: [0], buffer: body + Array("the last".utf8)) == 8)
  }

  @Test("is not guessed from bytes that come again and again", arguments: [1, 2, 4, 7, 100])
  func periodic(period: Int) {
    let pattern = (0..<2_000).map { UInt8($0 % period) }
    #expect(found([pattern], kept: [nil], buffer: pattern + pattern) == nil)
    #expect(found([pattern, pattern], kept: [0, 0], buffer: pattern + pattern + pattern) == 6_000)
  }

  @Test("is not taken for all messages in the buffer where others keep some, changed")
  func changedMessages() {
    let sent = [message("hello"), message("you")]
    let buffer = message("HELLO THERE") + message("YOU THERE") + message("last")
    #expect(found(sent, kept: [0, 16], buffer: buffer, isGRPC: true) == nil)
    // Nobody keeps any.
    #expect(found(sent, kept: [0, 0], buffer: message("last"), isGRPC: true) == 9)
  }
}
