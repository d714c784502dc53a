#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What tells that a path leads to another file than before, or that the file was written. Symbolic links are
/// followed: of a Kubernetes ConfigMap, whose `..data` link is swapped for one to a new folder, the inode changes.
struct FileIdentity: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let byteCount: Int64
  private let modified: [Int]
  private let changed: [Int]

  /// Nil while there is no such file, or it cannot be looked at, or it is a pipe or the like, which is read once.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}

extension FileIdentity {
  /// Why there is none of `path`, for people.
  static func absence(path: String) -> String {
    var status = stat()
    guard stat(path, &status) != 0 else { return "is no regular file" }
    return errno == ENOENT ? "the file is missing" : String(cString: strerror(errno))
  }
}

/// Tells when files that are looked at again and again have changed and come to rest.
///
/// Looking costs one `stat` for each file. inotify would tell sooner, but watches inodes: it needs a watch on every
/// folder of a chain of links, laid anew at each swap, and hears nothing on network file systems.
struct FileWatch: Sendable {
  enum Finding: Equatable {
    case nothing
    /// Other files than before, the same at two looks in a row: nobody is in the middle of writing them.
    case changed
    /// A file has been away for `absencesMax` looks. Said once.
    case missing
  }

  /// Editors and `mv` leave a moment without a file, which is no fault.
  static let absencesMax = 5

  private let paths: [String]
  private var known: [FileIdentity]?
  private var candidate: [FileIdentity]?
  private var absences = 0

  /// - Parameter known: what the files were before they were read. What changed since is found at the next looks.
  init(_ paths: [String], known: [FileIdentity]?) {
    self.paths = paths
    self.known = known
  }

  /// Nil while one of them is missing.
  static func identities(_ paths: [String]) -> [FileIdentity]? {
    let identities = paths.compactMap { FileIdentity(path: $0) }
    return identities.count == paths.count ? identities : nil
  }

  mutating func look() -> Finding {
    guard let now = FileWatch.identities(paths) else {
      candidate = nil
      absences = min(absences + 1, FileWatch.absencesMax + 1)
      return absences == FileWatch.absencesMax ? .missing : .nothing
    }
    let wasMissing = absences >= FileWatch.absencesMax
    absences = 0
    if now == known, !wasMissing {
      candidate = nil
      return .nothing
    }
    guard now == candidate else {
      candidate = now
      if wasMissing { known = nil }
      return .nothing
    }
    known = now
    candidate = nil
    return .changed
  }

  /// The files changed while they were read: they are found changed once more when they have come to rest.
  mutating func forget() { known = nil }
}
