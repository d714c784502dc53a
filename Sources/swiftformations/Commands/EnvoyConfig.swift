import ArgumentParser
import ConfigurationFiles
import Server
import Transformation

struct EnvoyConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "envoy-config",
    abstract: "Prints the configuration that Envoy needs to call the sidecar, or to load the module.",
    discussion: """
      Prints YAML to paste: the ext_proc HTTP filter and the cluster. The filter asks Envoy for the phases \
      that the file's templates need and no more, since each phase costs a round trip.

        swiftformations envoy-config chat.yaml --deployment sidecar

      For the dynamic module it is the HTTP filter with the file in it, as JSON:

        swiftformations envoy-config chat.yaml --deployment module

      With --transformation the filter is made for that one transformation, and a second document shows how \
      a route chooses it:

        swiftformations envoy-config chat.yaml --transformation chat

      With --full it is a whole bootstrap, to try it at once:

        swiftformations envoy-config chat.yaml --full > envoy.yaml
        envoy -c envoy.yaml
      """)

  enum Deployment: String, CaseIterable, ExpressibleByArgument {
    case sidecar
    case module
  }

  @Argument(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var file: String

  @Option(help: "How the transformations run: beside Envoy, called by ext_proc; or inside it, as a module.")
  var deployment = Deployment.sidecar

  @Option(help: "Make the filter for this transformation, and show how a route chooses it.")
  var transformation: String?

  @Option(help: ArgumentHelp("The Unix socket on which a sidecar listens.", valueName: "path"))
  var socket = Serve.defaultSocket

  @Flag(help: "Print a whole bootstrap: listener, route, filter and clusters.")
  var full = false

  @Option(help: ArgumentHelp("With --full: where Envoy listens.", valueName: "host:port"))
  var listen = HostAndPort(host: "127.0.0.1", port: 10000)

  @Option(help: ArgumentHelp("With --full: where requests go.", valueName: "host:port"))
  var upstream = HostAndPort(host: "127.0.0.1", port: 8080)

  func validate() throws {
    guard (1...UnixSocketPath.pathBytesMax).contains(socket.utf8.count) else {
      throw ValidationError("the path of a Unix socket has 1 to \(UnixSocketPath.pathBytesMax) bytes")
    }
  }

  func run() throws {
    let (file, configuration) = try LoadedConfiguration.loadFile(self.file)
    let chosen = try transformation.map { try configuration.transformation($0) }
    switch deployment {
    case .sidecar:
      let setup = SidecarSetup(configuration, for: chosen, file: file.name, socket: socket)
      Console.write(full ? setup.bootstrap(listen: listen, upstream: upstream) : setup.fragments)
    case .module:
      guard let setup = ModuleSetup(file, for: chosen) else { return }
      Console.write(full ? setup.bootstrap(listen: listen, upstream: upstream) : setup.fragments)
    }
  }
}
