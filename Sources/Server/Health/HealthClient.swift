#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Asks a server how it is, for probes: one `grpc.health.v1.Health/Check` on a connection of its own, without TLS.
/// Blocks the thread, no longer than it is told.
package struct HealthClient {
  /// Why the server cannot be said to serve.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    package let address: ListenAddress
    package let reason: String
    package var description: String { "\(address): \(reason)" }
  }

  private let address: ListenAddress
  private let descriptor: CInt
  private let deadline: ContinuousClock.Instant

  /// Returns when the server says SERVING; throws in all other cases, after `seconds` at the latest.
  package static func check(_ address: ListenAddress, seconds: Int) throws(Failure) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    let client = HealthClient(
      address: address, descriptor: try connectedSocket(address, deadline), deadline: deadline)
    defer { close(client.descriptor) }
    switch try client.outcome() {
    case .status(.serving): return
    case .status(.notServing): throw client.failure("it is not serving: it drains")
    case .status(let status): throw client.failure("it is not serving: \(status)")
    case .refused(let reason): throw client.failure("it answered with \(reason)")
    }
  }

  private func outcome() throws(Failure) -> HealthCall.Outcome {
    do {
      let call = try HealthCall()
      while true {
        try write(call.send())
        if let outcome = call.outcome { return outcome }
        try call.receive(read())
      }
    } catch let error as Failure {
      throw error
    } catch {
      throw failure("no HTTP/2 without TLS there: \(error)")
    }
  }

  private func failure(_ reason: String) -> Failure { Failure(address: address, reason: reason) }

  // MARK: The socket

  private static func connectedSocket(_ address: ListenAddress, _ deadline: ContinuousClock.Instant)
    throws(Failure) -> CInt
  {
    switch address {
    case .unix(let path):
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      // `ListenAddress` holds no longer path than fits.
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
      return try withUnsafePointer(to: &name) { (pointer) throws(Failure) in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(Failure) in
          try connectedSocket(address, AF_UNIX, pointer, socklen_t(MemoryLayout<sockaddr_un>.size), deadline)
        }
      }
    case .tcp(let host, let port):
      var hints = addrinfo()
      hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
      var found: UnsafeMutablePointer<addrinfo>?
      let result = getaddrinfo(host, "\(port)", &hints, &found)
      guard result == 0, let first = found else {
        throw Failure(address: address, reason: "no such host: \(String(cString: gai_strerror(result)))")
      }
      defer { freeaddrinfo(first) }
      return try connectedSocket(
        address, first.pointee.ai_family, first.pointee.ai_addr, first.pointee.ai_addrlen, deadline)
    }
  }

  private static func connectedSocket(
    _ address: ListenAddress, _ family: CInt, _ name: UnsafePointer<sockaddr>?, _ size: socklen_t,
    _ deadline: ContinuousClock.Instant
  ) throws(Failure) -> CInt {
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(family, CInt(type), 0)
    guard descriptor >= 0 else { throw Failure(address: address, reason: errorText(errno)) }
    let client = HealthClient(address: address, descriptor: descriptor, deadline: deadline)
    do throws(Failure) {
      if connect(descriptor, name, size) != 0 {
        guard errno == EINPROGRESS else { throw client.failure("cannot connect: \(errorText(errno))") }
        try client.wait(for: POLLOUT)
        var code: CInt = 0
        var codeSize = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &codeSize)
        guard code == 0 else { throw client.failure("cannot connect: \(errorText(code))") }
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private func write(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try wait(for: POLLOUT)
      } else if errno != EINTR {
        throw failure("the connection broke: \(Self.errorText(errno))")
      }
    }
  }

  private func read() throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count > 0 { return Array(bytes.prefix(count)) }
      if count == 0 { throw failure("the connection ended before the answer") }
      if errno == EAGAIN {
        try wait(for: POLLIN)
      } else if errno != EINTR {
        throw failure("the connection broke: \(Self.errorText(errno))")
      }
    }
  }

  private func wait(for events: CInt) throws(Failure) {
    while true {
      let left = deadline - .now
      guard left > .zero else { throw failure("no answer in time") }
      var descriptors = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
      let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
      let result = poll(&descriptors, 1, CInt(clamping: milliseconds + 1))
      if result > 0 { return }
    }
  }

  private static func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }
}
