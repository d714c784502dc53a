import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is done beside the exchanges, on a queue of its own: once a second, and at SIGHUP.
///
/// The timer counts on the monotonic clock: a change of the wall clock neither hastens nor holds it up.
final class Housekeeping {
  private let timer: any DispatchSourceTimer
  private let hangUp: any DispatchSourceSignal

  init(everySecond: @escaping @Sendable () -> Void, onHangUp: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "swiftformations.housekeeping")
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1), leeway: .milliseconds(100))
    timer.setEventHandler(handler: everySecond)
    // Else the signal would end the process before its source sees it.
    signal(SIGHUP, SIG_IGN)
    hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
    hangUp.setEventHandler(handler: onHangUp)
    timer.resume()
    hangUp.resume()
  }

  deinit {
    timer.cancel()
    hangUp.cancel()
  }
}
