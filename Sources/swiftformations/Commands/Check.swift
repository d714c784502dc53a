import ArgumentParser
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

      Unknown fields are warnings, with the known name that comes nearest. The status is 0 or 1, so that it \
      can guard a commit or a roll-out:

        swiftformations check chat.yaml
        kubectl get cm chat -o 'jsonpath={.data.chat\\.yaml}' |
            swiftformations check -
      """)

  @Argument(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var file: String

  func run() throws {
    let (configuration, _) = try LoadedConfiguration.load(file)
    Console.write(NeedsTable(configuration: configuration).text)
  }
}
