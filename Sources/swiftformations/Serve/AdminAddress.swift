import ArgumentParser
import Server

/// Where the admin endpoint listens: `HOST:PORT`, or just a port of the loopback interface.
struct AdminAddress: ExpressibleByArgument, Equatable {
  let host: String
  let port: Int

  init?(argument: String) {
    let isPort = !argument.isEmpty && argument.allSatisfy { $0.isASCII && $0.isNumber }
    guard let address = try? ListenAddress(isPort ? "127.0.0.1:\(argument)" : argument),
      case .tcp(let host, let port) = address
    else { return nil }
    self.host = host
    self.port = port
  }
}
