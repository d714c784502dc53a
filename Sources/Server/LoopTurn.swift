internal import ExtProc
internal import NIOCore

/// How the time of an event loop is shared among its connections: after a few milliseconds of work for what was read, the
/// rest waits until the loop has looked at all else, and those that wait go on in the order in which they came.
///
/// What is urgent (health checks, drains, timers, new connections) never waits here, and so no longer than a turn and the
/// one message that ends it. Used on the loop only.
final class LoopTurn {
  /// A turn is over once it has taken as long.
  static let millisecondsMax: UInt64 = 5
  static var nanosecondsMax: UInt64 { millisecondsMax &* 1_000_000 }
  /// A pause between works as long as this is one in which the loop had nothing to do: the next turn has begun.
  private static let idleNanoseconds: UInt64 = 100_000
  /// NIO looks at sockets again only when nothing is to be done now: what waits is for later, seen from the end of a turn.
  private static let pause = TimeAmount.microseconds(50)

  private struct Waiting {
    let handler: ConnectionHandler
    let context: ChannelHandlerContext
  }

  private let eventLoop: any EventLoop
  private var waiting = CircularBuffer<Waiting>()
  /// Of the turn, by work that is done.
  private var spent: UInt64 = 0
  /// When the work began, or was looked at last.
  private var workStart: UInt64 = 0
  private var isNextScheduled = false
  private var isRunning = false

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Nobody is to begin what may take its time.
  var isOver: Bool { !waiting.isEmpty || spent >= Self.nanosecondsMax }

  /// Work begins, which asks `endsHere` from time to time and is followed by `endWork`.
  func beginWork() {
    let now = MonotonicClock.nanoseconds()
    if waiting.isEmpty, now &- workStart > Self.idleNanoseconds { spent = 0 }
    workStart = now
  }

  /// Whether the work is to pause, because its turn is over.
  func endsHere() -> Bool {
    let now = MonotonicClock.nanoseconds()
    spent &+= now &- workStart
    workStart = now
    return spent >= Self.nanosecondsMax
  }

  /// What was done since `endsHere` was asked last takes no time worth a look at the clock.
  func endWork() {
    if spent >= Self.nanosecondsMax { scheduleNext() }
  }

  /// Lets `handler` go on at a later turn.
  func wait(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
    waiting.append(Waiting(handler: handler, context: context))
    scheduleNext()
  }

  private func scheduleNext() {
    guard !isNextScheduled, !isRunning else { return }
    isNextScheduled = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: Self.pause) { bound.value.begin() }
  }

  private func begin() {
    isNextScheduled = false
    isRunning = true
    spent = 0
    // Those that wait anew are for the turn after this.
    var count = waiting.count
    while count > 0, spent < Self.nanosecondsMax, let next = waiting.popFirst() {
      next.handler.resume(next.context)
      count &-= 1
    }
    isRunning = false
    if isOver { scheduleNext() }
  }
}
