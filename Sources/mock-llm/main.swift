import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.contains("--help") || arguments.contains("-h") {
  FileHandle.standardOutput.write(Data(Options.usage.utf8))
  exit(0)
}

do {
  let server = try await MockServer.start(try Options.parse(arguments))
  // Written at once, not through a buffer: whoever started this waits for the line.
  FileHandle.standardOutput.write(Data("mock-llm listening on \(server.address)\n".utf8))
  try await server.closed()
} catch let invalid as Options.Invalid {
  FileHandle.standardError.write(Data("mock-llm: \(invalid.reason)\n\n\(Options.usage)".utf8))
  exit(2)
} catch {
  FileHandle.standardError.write(Data("mock-llm: \(error)\n".utf8))
  exit(1)
}
