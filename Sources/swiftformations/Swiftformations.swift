import ArgumentParser

/// The command line. Each subcommand is a file of `Commands/`.
@main
struct Swiftformations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftformations",
    abstract: "Transforms HTTP requests and responses that pass through Envoy, by templates.",
    discussion: """
      A configuration file names transformations: which headers to set, add and remove, and what the body \
      becomes. Values are templates in the language of Jinja; they see the headers and the JSON body. This \
      one copies the model of a chat request into a header, where Envoy can route by it:

        request:
          clearRouteCache: true
          body: { parseAs: AsJson }
          set:
          - { name: x-model, value: "{{ model }}" }

      From there:

        swiftformations check chat.yaml
            is it right, and what does it need of Envoy?
        swiftformations render chat.yaml -d '{"model": "gpt-4o"}'
            try it, without Envoy
        swiftformations envoy-config chat.yaml
            what Envoy has to be told
        swiftformations serve --config chat.yaml
            the sidecar itself

      Exit status: 0 when all went well, 1 when the configuration, a rendering or the server failed, 64 when \
      the command line is wrong.
      """,
    version: "swiftformations \(version)",
    subcommands: [Serve.self, Check.self, Render.self, EnvoyConfig.self, Healthcheck.self])

  static let version = "0.1.0"

  /// On the first thread, before there are others; the commands run on those.
  @MainActor
  static func main() async {
    ThreadStack.setDefault()
    await main(nil)
  }
}
