import TestPeers
import Testing

@testable import GRPC

@Suite struct MessageDeframerTests {
  /// Feeds chunks and returns the messages, and where each lay.
  private func messages(_ chunks: [[UInt8]], in deframer: inout MessageDeframer) throws -> (
    messages: [[UInt8]], inPlace: [Bool]
  ) {
    var messages: [[UInt8]] = []
    var inPlace: [Bool] = []
    for chunk in chunks {
      try chunk.withUnsafeBytes { chunk in
        var rest = chunk
        while let message = try deframer.next(&rest, messageBytesMax: 1 << 20) {
          messages.append(Array(message))
          if let start = message.baseAddress, let low = chunk.baseAddress {
            inPlace.append(start >= low && start < low + chunk.count)
          }
        }
        #expect(rest.isEmpty)
      }
    }
    return (messages, inPlace)
  }

  @Test("a message that is whole in a chunk is not copied; a part of one is")
  func copies() throws {
    var deframer = MessageDeframer()
    let message = InMemoryClient.frame(Array("hello".utf8))
    let result = try messages(
      [message + message + message.prefix(7), Array(message.dropFirst(7))], in: &deframer)
    #expect(result.messages == [[UInt8]](repeating: Array("hello".utf8), count: 3))
    #expect(result.inPlace == [true, true, false])
    let isMidMessage = deframer.isMidMessage
    #expect(!isMidMessage)
  }

  @Test("a prefix alone in its chunk does not make a copy")
  func prefixAlone() throws {
    var deframer = MessageDeframer()
    let message = InMemoryClient.frame(Array("hello".utf8))
    let result = try messages([Array(message.prefix(5)), Array(message.dropFirst(5))], in: &deframer)
    #expect(result.inPlace == [true])
  }

  @Test("the buffer grows with the bytes that arrive, not with the length that is promised")
  func growth() throws {
    var deframer = MessageDeframer()
    _ = try messages([[0, 0, 15, 0, 0] + [1, 2, 3]], in: &deframer)
    let capacity1 = deframer.capacity
    #expect(capacity1 <= 4096)
    for _ in 0..<10 { _ = try messages([[UInt8](repeating: 0, count: 1_000)], in: &deframer) }
    let capacity2 = deframer.capacity
    #expect(capacity2 <= 2 * 16384)
  }

  @Test("a large buffer is given back when it is empty")
  func trim() throws {
    var deframer = MessageDeframer()
    let message = InMemoryClient.frame([UInt8](repeating: 1, count: 100_000))
    _ = try messages([Array(message.prefix(50_000))], in: &deframer)
    deframer.trim(retainedBytesMax: 1_000)
    let capacity3 = deframer.capacity
    #expect(capacity3 >= 49_995, "not while it holds a part of a message")
    _ = try messages([Array(message.dropFirst(50_000))], in: &deframer)
    deframer.trim(retainedBytesMax: 1_000)
    let capacity4 = deframer.capacity
    #expect(capacity4 == 0)
    let again = try messages([message], in: &deframer)
    #expect(again.messages.count == 1)
  }

  @Test("a flag that is not 0, and a length over the limit, are refused")
  func refusals() {
    for bytes in [[1, 0, 0, 0, 0], [255, 0, 0, 0, 0]] as [[UInt8]] {
      #expect(throws: MessageDeframer.Failure.compressed) {
        var deframer = MessageDeframer()
        _ = try messages([bytes], in: &deframer)
      }
    }
    #expect(throws: MessageDeframer.Failure.tooLarge(byteCount: 1 << 20 + 1)) {
      var deframer = MessageDeframer()
      _ = try messages([[0, 0, 16, 0, 1]], in: &deframer)
    }
  }
}
