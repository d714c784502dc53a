internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// One bound address.
struct Listener: Sendable {
  /// As asked for, but with the port that the system chose.
  let address: ListenAddress
  let channel: any Channel
  /// The file to remove, where the address is a Unix socket.
  private let socketPath: UnixSocketPath?

  /// Why an address cannot be listened on.
  struct BindError: Error, CustomStringConvertible {
    let address: ListenAddress
    let reason: String
    var description: String { "cannot listen on \(address): \(reason)" }
  }

  static func bind(
    _ address: ListenAddress, _ bootstrap: ServerBootstrap, _ options: Server.Options
  ) async throws -> Listener {
    do {
      switch address {
      case .unix(let path):
        return try await bindUnix(path, bootstrap, options)
      case .tcp(let host, let port):
        let channel = try await bootstrap.bind(host: host, port: port).get()
        let bound = ListenAddress.tcp(host: host, port: channel.localAddress?.port ?? port)
        return Listener(address: bound, channel: channel, socketPath: nil)
      }
    } catch {
      throw BindError(address: address, reason: socketErrorReason(error))
    }
  }

  private static func bindUnix(
    _ path: String, _ bootstrap: ServerBootstrap, _ options: Server.Options
  ) async throws -> Listener {
    let (socketPath, descriptor) = try UnixSocketPath.bind(path, mode: options.socketMode)
    do {
      // Takes the descriptor over, also when it fails.
      let channel = try await bootstrap.withBoundSocket(descriptor).get()
      // Once more: for a socket that it did not bind, NIO passes a backlog of its own.
      _ = listen(descriptor, options.limits.acceptBacklog)
      try socketPath.publish()
      return Listener(address: .unix(path: path), channel: channel, socketPath: socketPath)
    } catch {
      socketPath.withdraw()
      throw error
    }
  }

  /// Accepts no more, and removes the socket's file if it is still ours.
  func close() async {
    // First the file: who comes now finds nothing, and none waits where nobody accepts.
    socketPath?.withdraw()
    try? await channel.close()
  }
}
