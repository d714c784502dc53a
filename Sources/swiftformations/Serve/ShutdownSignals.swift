import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// SIGTERM and SIGINT: the first asks to drain, a second ends the process at once.
final class ShutdownSignals {
  private let sources: [any DispatchSourceSignal]

  /// `onFirst` is called once, on a queue of its own, with the signal's name.
  init(onFirst: @escaping @Sendable (_ name: String) -> Void) {
    let wasAsked = Flag()
    let queue = DispatchQueue(label: "swiftformations.signals")
    sources = [("SIGTERM", SIGTERM), ("SIGINT", SIGINT)].map { name, number in
      // Else the signal would end the process before its source sees it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        // The shell's number for a process that a signal ended.
        if wasAsked.raise() { _exit(128 + number) }
        onFirst(name)
      }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  private final class Flag: Sendable {
    private let isRaised = Atomic(false)
    /// Whether it was raised before.
    func raise() -> Bool { isRaised.exchange(true, ordering: .relaxed) }
  }
}
