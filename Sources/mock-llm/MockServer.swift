import NIOCore
import NIOHTTP1
import NIOPosix

/// The listening socket and what is behind it.
struct MockServer {
  private let channel: any Channel
  /// `127.0.0.1:8080` or `unix:/path`, with the port that was really taken.
  let address: String

  static func start(_ options: Options) async throws -> MockServer {
    let recorder = try options.recordFolder.map(Recorder.init(folder:))
    let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      // Two hundred clients at once are a test; the kernel caps this at net.core.somaxconn.
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ConnectionHandler(recorder: recorder))
        }
      }
    switch options.address {
    case .tcp(let host, let port):
      let channel =
        try await bootstrap
        // Small events must not wait for each other (Nagle's algorithm).
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .bind(host: host, port: port).get()
      let port = channel.localAddress?.port ?? port
      return MockServer(channel: channel, address: "\(host):\(port)")
    case .unix(let path):
      let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
        .get()
      return MockServer(channel: channel, address: "unix:\(path)")
    }
  }

  /// Returns when the listening socket is closed.
  func closed() async throws {
    try await channel.closeFuture.get()
  }
}
