import NIOPosix
import Testing

/// Runs tests that block (on sockets) on threads of their own: on those that all tasks share they would keep the
/// server from running on a small machine.
struct BlockingTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadExecutor.tests) { try await function() }
  }
}

extension Trait where Self == BlockingTrait {
  static var blocking: Self { BlockingTrait() }
}

final class ThreadExecutor: TaskExecutor {
  fileprivate static let tests = ThreadExecutor(threads: 16)
  /// Of the servers: nothing that a test does keeps them from running.
  static let servers = ThreadExecutor(threads: 2)
  private let threads: NIOThreadPool

  private init(threads count: Int) {
    threads = NIOThreadPool(numberOfThreads: count)
    threads.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    threads.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
