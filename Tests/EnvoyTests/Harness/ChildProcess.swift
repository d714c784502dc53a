import Foundation
import Synchronization

/// A process that a test started. It ends with this object, and with the test process however that ends.
final class ChildProcess: Sendable {
  let name: String
  let identifier: pid_t
  /// Standard output and standard error.
  let logFile: String
  /// The status as `waitpid` gives it, once it has ended.
  private let status = Mutex<CInt?>(nil)

  /// - Parameters:
  ///   - environment: variables in addition to those of this process.
  ///   - logFile: is appended to.
  init(
    _ name: String, _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    logFile: String
  ) throws {
    guard FileManager.default.isExecutableFile(atPath: executable) else {
      throw Failure("\(executable) is missing: `make test` builds and installs what the tests need")
    }
    self.name = name
    self.logFile = logFile
    // The kernel ends the child when its parent dies. The parent in this sense is a thread, so it must be one that
    // stays.
    let command = ["/usr/bin/setpriv", "--pdeathsig", "KILL", executable] + arguments
    identifier = try SpawningThread.shared.run {
      try Self.spawn(command, environment: environment, logFile: logFile)
    }
  }

  deinit {
    if isRunning { stop(with: SIGKILL) }
  }

  var isRunning: Bool { reap() == nil }

  /// The exit status, or nil when it still runs or was ended by a signal.
  var exitStatus: Int? {
    guard let status = reap(), status & 0x7f == 0 else { return nil }
    return Int(status >> 8 & 0xff)
  }

  var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

  func signal(_ signal: CInt) {
    // Under the lock, so that the id cannot have been given to another process.
    status.withLock { status in
      if status == nil { kill(identifier, signal) }
    }
  }

  /// Sends the signal and waits for the end; after ten seconds it is killed.
  func stop(with signal: CInt = SIGTERM) {
    self.signal(signal)
    try? waitForEnd(seconds: 10)
    while isRunning {
      self.signal(SIGKILL)
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  func waitForEnd(seconds: Double = 20) throws {
    try waitFor("\(name) ends", seconds: seconds) { isRunning ? nil : true }
  }

  /// `waitFor`, and a failure at once when the process ends meanwhile.
  @discardableResult
  func waitUntil<Value>(_ what: String, _ condition: () throws -> Value?) throws -> Value {
    do {
      return try waitFor("\(name): \(what)") {
        if let value = try condition() { return value }
        if !isRunning { throw Failure("\(name) has ended; expected: \(what)") }
        return nil
      }
    } catch {
      throw Failure("\(error). Its log ends with:\n\(log.suffix(3000))")
    }
  }

  private func reap() -> CInt? {
    status.withLock { status in
      if status == nil {
        var new: CInt = 0
        if waitpid(identifier, &new, WNOHANG) == identifier { status = new }
      }
      return status
    }
  }

  private static func spawn(
    _ command: [String], environment: [String: String], logFile: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, logFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // What other tests have open at the moment, and did not mark to be closed, would count against a limit of the child's.
    // Swift's Glibc has no closefrom action; closing what is gone meanwhile does no harm.
    for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let descriptor = CInt(entry), descriptor > 2 {
        posix_spawn_file_actions_addclose(&actions, descriptor)
      }
    }
    let arguments = command.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var identifier: pid_t = 0
    let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { variables.forEach { free($0) } }
    // A test's thread has signals blocked, which a process inherits.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, CShort(POSIX_SPAWN_SETSIGMASK))
    let error = posix_spawn(&identifier, command[0], &actions, &attributes, arguments, variables)
    if error != 0 { throw Failure("\(command[0]): \(String(cString: strerror(error)))") }
    return identifier
  }
}

/// A thread that starts processes and lives as long as this one.
private final class SpawningThread: Sendable {
  static let shared = SpawningThread()

  private let jobs = Mutex<[@Sendable () -> Void]>([])
  private let arrival = DispatchSemaphore(value: 0)

  private init() {
    Thread.detachNewThread { [self] in
      while true {
        arrival.wait()
        jobs.withLock { $0.removeFirst() }()
      }
    }
  }

  func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) throws -> Value {
    let result = Box<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    jobs.withLock {
      $0.append {
        let outcome = Result { try work() }
        result.value.withLock { $0 = outcome }
        done.signal()
      }
    }
    arrival.signal()
    done.wait()
    return try result.value.withLock { $0! }.get()
  }

  private final class Box<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: sending Value) { self.value = Mutex(value) }
  }
}
