import Foundation
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
    #expect(run.lines.contains("module version \(version)"))
    #expect(run.lines.contains("config c accepted"))
    // The one line of a start that goes well.
    #expect(run.allLogs.count == 1)
    #expect(run.allLogs.first?.contains("1.\(line.rawValue / 100 % 100)") == true, "\(run)")
  }

  @Test(
    "an Envoy that is too old, or none, is refused with one line that says what is supported",
    arguments: [13602, 0])
  func refused(number: Int) throws {
    let run = try HostRun(number, library: ModuleHost.module, HostScript())
    #expect(run.status == 1)
    #expect(run.lines.filter { !$0.hasPrefix("log ") } == ["module version none"])
    try #require(run.logs.count == 1, "\(run)")
    #expect(run.logs[0].hasPrefix("critical swiftformations: "))
    #expect(run.logs[0].contains("1.36"), "\(run.logs[0])")
  }

  @Test("the three names of the filter are known", arguments: EnvoyLine.families)
  func names(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      for name in ["transformation", "rustformation", "http_simple_mutations"] {
        $0.config("{}", as: name, filter: name)
        $0.route("{}", as: "route-" + name, filter: name)
      }
    }
    #expect(run.lines.filter { $0.hasSuffix(" accepted") }.count == 6)
    #expect(run.logs.isEmpty)
  }

  @Test(
    "another name is rejected, and the log says which there are", arguments: EnvoyLine.allCases,
    ["", "lua", "\u{FF}"])
  func unknownName(line: EnvoyLine, name: String) throws {
    let run = try HostRun.module(line) {
      $0.config("{}", filter: name)
      $0.route("{}", filter: name)
    }
    #expect(run.lines.contains("config c rejected"))
    #expect(run.lines.contains("route r rejected"))
    #expect(run.logs.count == 2)
    #expect(run.logs.allSatisfy { $0.hasPrefix("error ") && $0.contains("http_simple_mutations") }, "\(run)")
  }

  @Test(
    "the library stays in memory when Envoy lets go of it, and goes on working", arguments: EnvoyLine.families
  )
  func unloaded(line: EnvoyLine) throws {
    let module = try ModuleHost.module
    let run = try HostRun.module(line) {
      $0.config(Configurations.setsHeader)
      $0.exchange("before")
      $0.command("drop", "c")
      $0.command("unload")
      $0.command("load", module.path)
      $0.config(Configurations.setsHeader)
      $0.exchange("after")
    }
    #expect(run.lines.contains("module still loaded"))
    #expect(try run.exchange("after").upstream["x-a"] == ["b"])
  }
}

/// Configurations that several tests use.
enum Configurations {
  static let setsHeader = #"{"request": {"set": [{"name": "x-a", "value": "b"}]}}"#
  static let modelToHeader =
    #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}}"#
  static let bothBodies =
    #"{"request": {"body": {"value": "<{{ body() }}>"}}, "response": {"body": {"value": "[{{ body() }}]"}}}"#
}
