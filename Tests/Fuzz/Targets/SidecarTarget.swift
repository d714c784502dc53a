import ExtProc
import GRPC
import HTTP2

/// The whole sidecar without its sockets: what arrives on a connection, and the frames that leave it.
///
/// The input is a list of records: a byte that says what comes, a byte that says how long it is, and its bytes. So mutations
/// make streams and messages, and not only noise; one kind of record is noise.
enum SidecarTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    let held = HeldMemory(bytesMax: heldBytesMax)
    run(input, held)
    expect(held.reservedBytes == 0, "\(held.reservedBytes) bytes are reserved when the connection is over")
  }

  private static func run(_ input: UnsafeRawBufferPointer, _ held: HeldMemory) {
    let methods = MethodTable([.process(MessageTarget.service, metrics: MessageTarget.metrics)])
    let state = ConnectionState(limits: GRPCLimits(), methods: methods, held: held) { _ in }
    let session = HTTP2Session(limits: state.limits.http2) { state.makeCall() }
    var turns: UInt8 = 0
    session.endsTurn = {
      turns &+= 1
      return turns & 3 == 0
    }
    feed(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, []) + frame(4, 1, 0, []), session)
    var rest = input
    while let record = next(&rest) {
      feed(bytes(of: record), session)
      drainOutput(session)
      expect(held.reservedBytes <= heldBytesMax, "the limit of memory holds")
      if session.isFinished { break }
    }
    session.tick(now: 1 << 40)
    session.drain()
    session.finishDrain()
    drainOutput(session)
    session.abandon()
  }

  private static let heldBytesMax = 8 << 20

  // MARK: What arrives

  private struct Record {
    let kind: UInt8
    let stream: UInt32
    let bytes: [UInt8]
  }

  private static func next(_ rest: inout UnsafeRawBufferPointer) -> Record? {
    guard rest.count >= 3 else { return nil }
    let count = min(Int(rest[2]) << 2, rest.count - 3)
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(3 + count)) }
    return Record(
      kind: rest[0] & 15, stream: UInt32(rest[1] & 31) << 1 | 1, bytes: Array(rest.dropFirst(3).prefix(count))
    )
  }

  private static func bytes(of record: Record) -> [UInt8] {
    switch record.kind {
    case 0: return record.bytes
    case 1, 2, 3: return frame(1, 4, record.stream, callHeaders)
    // A frame of any type and flags.
    case 4:
      return frame(record.bytes.first ?? 0, record.bytes.dropFirst().first ?? 0, record.stream, record.bytes)
    case 5: return frame(3, 0, record.stream, [0, 0, 0, 8])
    case 6: return frame(8, 0, record.stream, [0, 1, 0, 0])
    case 7: return frame(1, 4, record.stream, record.bytes)
    // A part of a message, or its end.
    case 8: return frame(0, 0, record.stream, record.bytes)
    case 9: return frame(0, 1, record.stream, record.bytes)
    default: return frame(0, 0, record.stream, [0, 0, 0] + length(record.bytes.count) + record.bytes)
    }
  }

  private static func length(_ count: Int) -> [UInt8] { [UInt8(count >> 8 & 255), UInt8(count & 255)] }

  private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    [0] + length(payload.count) + [type, flags, 0, 0, 0, UInt8(stream & 127)] + payload
  }

  /// Literals without indexing (RFC 7541 section 6.2.2).
  private static let callHeaders: [UInt8] = {
    let fields = [
      (":method", "POST"), (":scheme", "http"),
      (":path", "/envoy.service.ext_proc.v3.ExternalProcessor/Process"), (":authority", "s"),
      ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    var block: [UInt8] = []
    for (name, value) in fields {
      block += [0, UInt8(name.utf8.count)]
      block += Array(name.utf8)
      block.append(UInt8(value.utf8.count))
      block += Array(value.utf8)
    }
    return block
  }()

  private static func feed(_ bytes: [UInt8], _ session: HTTP2Session) {
    bytes.withUnsafeBytes { bytes in
      var taken = 0
      repeat {
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(taken))
        do throws(HTTP2Error) {
          let count = try session.receive(rest)
          expect(count <= rest.count, "no more is taken than there is")
          expect(session.isPaused || count == rest.count, "all is taken")
          taken += count
        } catch { return }
      } while session.isPaused
    }
  }

  // MARK: What leaves

  /// Frames follow one another, whole.
  private static func drainOutput(_ session: HTTP2Session) {
    var output: [UInt8] = []
    repeat {
      output.append(addingCapacity: 4 * HTTP2Session.frameRoomBytes) { span in
        span.withUnsafeMutableBufferPointer { room, count in
          count = session.send(into: UnsafeMutableRawBufferPointer(room))
        }
      }
    } while session.hasMore
    var rest = output[...]
    while !rest.isEmpty {
      expect(rest.count >= 9, "a frame has its header")
      let count = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
      expect(
        count <= 16_384 && rest.count >= 9 + count, "a frame is whole, and of a size that every peer takes")
      rest = rest.dropFirst(9 + count)
    }
  }
}
