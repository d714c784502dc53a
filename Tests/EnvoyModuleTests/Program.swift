import Foundation

/// Runs programs to their end.
///
/// With `posix_spawn` itself: Foundation's `Process` has crashed in `run` when many tests start programs at once.
enum Program {
  struct Outcome {
    /// The exit status; negative: the number of the signal that ended it.
    let status: Int32
    let output: String
    let error: String
  }

  /// Through files, not pipes: the end of a pipe that another process happened to inherit never comes.
  static func run(_ program: URL, _ arguments: [String], seconds: Double) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appending(path: "module-host-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["output", "error"].map { folder.appending(path: $0) }
    let process = try start(program.path, arguments, output: files[0].path, error: files[1].path)
    let status = try waitForEnd(of: process, program, seconds: seconds)
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    let signal = status & 0x7F
    return Outcome(status: signal == 0 ? status >> 8 & 0xFF : -signal, output: texts[0], error: texts[1])
  }

  private static func start(_ program: String, _ arguments: [String], output: String, error: String) throws
    -> pid_t
  {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT, 0o600)
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var process: pid_t = 0
    let result = posix_spawn(&process, program, &actions, nil, words, environ)
    guard result == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(result)))") }
    return process
  }

  /// As `waitpid` gives it. Past the time the process is killed, and the test has failed.
  private static func waitForEnd(of process: pid_t, _ program: URL, seconds: Double) throws -> Int32 {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { return status }
      guard ended == 0 || errno == EINTR else {
        throw Failure(description: "\(program.lastPathComponent): \(String(cString: strerror(errno)))")
      }
      if ContinuousClock.now > deadline {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        throw Failure(description: "\(program.lastPathComponent) ran for more than \(seconds) s")
      }
      usleep(2000)
    }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }
}
