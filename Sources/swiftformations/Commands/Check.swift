import ArgumentParser
import ConfigurationFiles
import Transformation

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells whether a configuration is right, and what each transformation needs.",
    discussion: """
      Compiles the file as the sidecar would. When all is well, prints a table: which phases Envoy must \
      send, which headers and body fields the templates read, which headers they write. Otherwise prints \
      every error as FILE:LINE:COLUMN, with the line and a caret under the place:

        chat.yaml:3:41: error: ...
          3 |   - { name: x-model, value: "{{ model | uper }}" }
            |                                         ^^^^

      Unknown fields are warnings, with the known name that comes nearest. What follows from a configuration \
      and is easily missed is a note. The status is 0 or 1, so that it can guard a commit or a roll-out; with \
      --strict it is 1 for warnings, too, and the keys that templates take from the environment have to be \
      there:

        swiftformations check --strict chat.yaml
        kubectl get cm chat -o 'jsonpath={.data.chat\\.yaml}' |
            swiftformations check -

      With --envoy it reads a bootstrap of Envoy's, too, YAML or JSON, and tells what does not fit: phases \
      and bodies that the filter does not send, attributes, metadata and headers that are dropped, filters in \
      the wrong order, limits, timeouts, the sidecar's cluster. Listeners, routes and clusters that come by \
      xDS are not in it:

        swiftformations check chat.yaml --envoy envoy.yaml
      """)

  @Argument(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var file: String

  @Flag(help: "Take warnings for errors.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "A bootstrap of Envoy's, to be compared with the configuration.", valueName: "bootstrap"),
    completion: .file())
  var envoy: String?

  func validate() throws {
    guard file != "-" || envoy != "-" else {
      throw ValidationError("standard input can be one of the two files")
    }
  }

  func run() throws {
    let (file, configuration) = try LoadedConfiguration.loadFile(self.file, isQuiet: true)
    let report = CheckReport(
      file, isStrict: strict, envoy: try envoy.map { try bootstrap($0, file, configuration) })
    Console.write(report.text(colour: Console.Stream.error.isColourful), to: .error)
    if report.hasFailed { throw ExitCode.failure }
    Console.write(NeedsTable(configuration: configuration).text)
  }

  private func bootstrap(
    _ path: String, _ file: ConfigurationFile, _ configuration: Configuration
  ) throws -> EnvoyCheck {
    do {
      let bytes = try FileContents.read(path, bytesMax: EnvoyCheck.bytesMax)
      return EnvoyCheck(file, configuration, name: FileContents.displayName(path), bytes: bytes)
    } catch {
      Console.write("\(error)\n", to: .error)
      throw ExitCode.failure
    }
  }
}
