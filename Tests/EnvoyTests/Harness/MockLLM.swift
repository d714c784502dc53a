/// A running mock LLM.
final class MockLLM: Sendable {
  let process: ChildProcess
  let port: Int

  /// - Parameter recordFolder: where it writes the last exchange.
  init(in folder: TemporaryFolder, recordFolder: String? = nil) throws {
    let process = try ChildProcess(
      "mock-llm", Programs.mockLLM,
      ["--listen", "127.0.0.1:0"] + (recordFolder.map { ["--record", $0] } ?? []),
      logFile: folder.file("mock-llm.log"))
    port = try process.waitUntil("listens") {
      process.log.split(separator: "\n").first { $0.hasPrefix("mock-llm listening on ") }?
        .split(separator: ":").last.flatMap { Int($0) }
    }
    self.process = process
  }
}
