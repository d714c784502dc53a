import NIOPosix
import Testing

/// Runs tests that block (on sockets) on threads of their own: on those that all tasks share they would keep the
/// server from running on a small machine.
struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadExecutor.shared) { try await function() }
  }
}

extension Trait where Self == BlockingTrait {
  static var blocking: Self { BlockingTrait() }
}

private final class ThreadExecutor: TaskExecutor {
  static let shared = ThreadExecutor()
  private let threads: NIOThreadPool

  init() {
    threads = NIOThreadPool(numberOfThreads: 16)
    threads.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    threads.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
