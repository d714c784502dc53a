internal import HTTP2
internal import NIOCore

/// What a connection writes: one buffer, used again for each write that the kernel takes at once. While it has not taken
/// one, nothing more is written.
struct ConnectionOutput {
  private let writeBytesMax: Int
  private let isEncrypted: Bool
  private var buffer = ByteBuffer()
  /// Since the channel was asked what it holds.
  private var writes = 0
  private var bytesUnasked = 0
  /// All that was written.
  private(set) var writtenBytes = 0
  /// The channel still has something that was written.
  var isLagging = false

  /// Room for a frame of any size.
  private static let bytesMin = HTTP2Session.frameRoomBytes
  private static let retainedBytesMax = 2 * bytesMin
  /// TLS keeps nothing of what it is given, so that the channel has to be asked, which costs more than most of what happens.
  private static let writesUnasked = 16

  init(writeBytesMax: Int, isEncrypted: Bool) {
    self.writeBytesMax = writeBytesMax
    self.isEncrypted = isEncrypted
  }

  /// Makes the buffer ready for the next write; false when the last one has not gone out.
  mutating func reclaim(_ channel: any Channel) -> Bool {
    let before = storage
    buffer.clear(minimumCapacity: Self.bytesMin)
    if isEncrypted {
      if writes >= Self.writesUnasked || bytesUnasked >= Self.retainedBytesMax {
        isLagging = untakenBytes(channel) > 0
        (writes, bytesUnasked) = (0, 0)
      }
    } else if writes > 0 {
      // As long as the channel holds the buffer, to clear it means to get another.
      isLagging = before != storage
    }
    if isLagging { writes = 0 }
    return !isLagging
  }

  private var storage: UnsafeRawPointer? { buffer.withVeryUnsafeBytes { $0.baseAddress } }

  /// As many frames as one write carries; nil where there are none.
  mutating func fill(from session: HTTP2Session) -> ByteBuffer? {
    repeat {
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: HTTP2Session.frameRoomBytes) { room in
        session.send(into: room)
      }
    } while session.hasMore && buffer.readableBytes < writeBytesMax
    guard buffer.readableBytes > 0 else { return nil }
    writtenBytes &+= buffer.readableBytes
    writes &+= 1
    bytesUnasked &+= buffer.readableBytes
    return buffer
  }

  /// What the channel still has.
  func untakenBytes(_ channel: any Channel) -> Int {
    (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  /// One large answer must not keep its room for ever.
  mutating func trim() {
    guard !isLagging, buffer.capacity > Self.retainedBytesMax else { return }
    buffer = ByteBuffer()
    writes = 0
  }
}

/// For how long a peer has taken nothing of what waits for it, by looks once a second.
struct Stall {
  /// Who takes less all the time does not mean to take what waits.
  static let progressBytesMin = 1 << 10

  private var taken = 0
  private var since: UInt64?

  /// - Parameters:
  ///   - waits: something waits now.
  ///   - taken: bytes that the peer has taken since the connection began.
  mutating func lasts(_ seconds: UInt64, now: UInt64, waits: Bool, taken: Int) -> Bool {
    guard waits, taken &- self.taken < Self.progressBytesMin, let since else {
      self.taken = taken
      since = waits ? now : nil
      return false
    }
    return now &- since >= seconds
  }
}
