#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A Unix socket in the file system, put in its place atomically: it is bound to a temporary name, given its mode,
/// and renamed over whatever stale socket a crashed server left. A client never meets a moment without a socket,
/// or one with the wrong mode.
package struct UnixSocketPath: Sendable {
  let path: String
  private let temporaryPath: String
  /// The file that is ours, by device and inode: another server may have put its own in its place since.
  private let identity: FileIdentity

  struct FileIdentity: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    fileprivate init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  struct Fault: Error, Equatable, CustomStringConvertible {
    let description: String
    fileprivate init(_ description: String) { self.description = description }
    /// What `errno` says of a call.
    fileprivate init(call: String) { self.init("\(call): \(String(cString: strerror(errno)))") }
  }

  /// `sun_path` with its terminating zero is 108 bytes on Linux (unix(7)).
  package static let pathBytesMax = 107

  /// What is wrong with a path, before the file system is asked.
  static func fault(of path: String) -> String? {
    if path.isEmpty { return "there is no path" }
    if path.utf8.contains(0) { return "the path has a zero byte" }
    if path.hasSuffix("/") { return "the path is a directory" }
    let byteCount = path.utf8.count
    return byteCount > pathBytesMax
      ? "the path has \(byteCount) bytes, a Unix socket's at most \(pathBytesMax)" : nil
  }

  /// Binds a new socket to a temporary name beside `path`. Returns it, and its file descriptor, which the caller
  /// owns; it does not listen yet. Next, `publish`.
  static func bind(_ path: String, mode: UInt16) throws(Fault) -> (socket: UnixSocketPath, descriptor: CInt) {
    if let reason = fault(of: path) { throw Fault(reason) }
    try refuseToReplace(path)
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Fault(call: "socket") }
    do {
      return (try bind(descriptor, beside: path, mode: mode), descriptor)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func bind(_ descriptor: CInt, beside path: String, mode: UInt16) throws(Fault)
    -> UnixSocketPath
  {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
    // The folder is made where only it is missing; what is wrong otherwise, the next call says.
    mkdir(directory, 0o755)
    let directoryDescriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directoryDescriptor >= 0 else { throw Fault(call: directory) }
    defer { close(directoryDescriptor) }
    // The temporary name may be longer than the path, which may be as long as it can be: reach it by a short way.
    let name = ".\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    let shortPath = "/proc/self/fd/\(directoryDescriptor)/\(name)"
    // Linux makes the file with the mode of the socket, so it is never more open than asked for.
    _ = fchmod(descriptor, mode_t(mode))
    guard withAddress(shortPath, { Glibc.bind(descriptor, $0, $1) }) == 0 else { throw Fault(call: "bind") }
    let temporaryPath = directory + name
    var status = stat()
    // Once more, by name: the mask of the process may have taken bits away.
    guard chmod(temporaryPath, mode_t(mode)) == 0, lstat(temporaryPath, &status) == 0 else {
      let fault = Fault(call: "chmod")
      unlink(temporaryPath)
      throw fault
    }
    return UnixSocketPath(path: path, temporaryPath: temporaryPath, identity: FileIdentity(status))
  }

  /// Gives the socket its name, in place of a stale one. To be called when it listens.
  func publish() throws(Fault) {
    guard rename(temporaryPath, path) == 0 else {
      let fault = Fault(call: "rename")
      withdraw()
      throw fault
    }
  }

  /// Removes the file, if it is still ours.
  func withdraw() {
    for candidate in [path, temporaryPath] {
      var status = stat()
      if lstat(candidate, &status) == 0, FileIdentity(status) == identity { unlink(candidate) }
    }
  }

  /// Only a socket that nobody listens on may be replaced.
  private static func refuseToReplace(_ path: String) throws(Fault) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw Fault(call: path)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw Fault("the file exists and is not a socket") }
    let probe = socket(
      AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { throw Fault(call: "socket") }
    defer { close(probe) }
    let result = withAddress(path) { connect(probe, $0, $1) }
    // EAGAIN: somebody listens and is too busy to accept.
    if result == 0 || errno == EAGAIN { throw Fault("another server answers on it") }
    guard errno == ECONNREFUSED || errno == ENOENT else {
      throw Fault("cannot tell whether another server answers on it: \(String(cString: strerror(errno)))")
    }
  }

  /// - Parameter path: at most `pathBytesMax` bytes; the rest is cut off.
  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      for (index, byte) in path.utf8.prefix(pathBytesMax).enumerated() { bytes[index] = byte }
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
