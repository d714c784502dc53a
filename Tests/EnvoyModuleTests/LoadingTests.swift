import Testing

@Suite("Loading the module")
struct LoadingTests {
  @Test("each Envoy hears the version that it wants", arguments: EnvoyLine.allCases)
  func version(line: EnvoyLine) throws {
    let run = try HostRun.module(line) { $0.config("{}") }
    let version =
      switch line {
      case .v1_36: "7ee559f16f35086fa7dc9ed380e2efc6b4d89031a001fb504aa71eccd25882f7"
      case .v1_37: "4dae397a7c9ff0238d318d57ea656ce8b3fbff595787dcd7ee2ff5b79c9fe10f"
      case .v1_38, .v1_39: "v0.1.0"
      case .v1_40: "v0.2.0"
      }
    #expect(run.lines.first == "module version \(version)")
    #expect(run.lines.contains("config c accepted"))
  }
}
