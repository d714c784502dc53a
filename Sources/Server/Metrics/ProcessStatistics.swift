package import ExtProc

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the kernel tells of this process, under the names that all Prometheus clients use. What it does not tell is
/// left out.
package enum ProcessStatistics {
  package static func write(to exposition: inout Exposition) {
    if let fields = statusFields() {
      // Fields of /proc/self/stat as proc(5) numbers them, from 3 on.
      let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
      if let user = fields[14], let system = fields[15], ticks > 0 {
        exposition.single(
          "process_cpu_seconds_total", .counter, (user + system) / ticks, "User and system time, in seconds.")
      }
      if let bytes = fields[23] {
        exposition.single(
          "process_virtual_memory_bytes", .gauge, Int64(bytes), "Virtual memory, in bytes.")
      }
      if let pages = fields[24] {
        exposition.single(
          "process_resident_memory_bytes", .gauge, Int64(pages) * Int64(getpagesize()),
          "Resident memory, in bytes.")
      }
      if let threads = fields[20] {
        exposition.single("process_threads", .gauge, Int64(threads), "Threads of the process.")
      }
      if let start = fields[22], ticks > 0, let boot = bootTime() {
        exposition.single(
          "process_start_time_seconds", .gauge, boot + start / ticks, "When the process began, since 1970.")
      }
    }
    if let count = openDescriptors() {
      exposition.single("process_open_fds", .gauge, count, "Open file descriptors.")
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      exposition.single("process_max_fds", .gauge, limit.rlim_cur, "The limit on open file descriptors.")
    }
  }

  private static func statusFields() -> [Int: Double]? {
    guard let text = contents(of: "/proc/self/stat"), let bracket = text.lastIndex(of: ")") else {
      return nil
    }
    // The name before the bracket may hold anything; the state behind it is field 3.
    let rest = text[text.index(after: bracket)...].split(separator: " ")
    var fields: [Int: Double] = [:]
    for (index, field) in rest.enumerated() { fields[index + 3] = Double(field) }
    return fields
  }

  private static func bootTime() -> Double? {
    guard let text = contents(of: "/proc/stat") else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) }
  }

  private static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    // The directory's own descriptor, `.` and `..` do not count.
    var count = -3
    while readdir(directory) != nil { count += 1 }
    return count
  }

  /// - Returns: nil when it cannot be read, or is longer than such files are.
  private static func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < 4 << 20 {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes.append(contentsOf: chunk.prefix(count))
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
