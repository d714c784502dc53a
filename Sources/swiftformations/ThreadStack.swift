#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The stacks of this process's threads.
///
/// Compiling and rendering recurse as deep as the limits of templates and values let them. What the deepest need is known
/// (docs/security.md); what a thread has is not: the default is `ulimit -s` with glibc and 128 KiB with musl.
enum ThreadStack {
  /// Address space, of which only what is touched takes memory.
  static let bytes = 16 << 20

  /// Of all threads that are made from now on, whoever makes them: SwiftNIO's event loops, Swift's own pool. So it is set before
  /// there are any, and nothing but the start of the program runs on the first thread.
  static func setDefault() {
    #if canImport(Glibc) || canImport(Musl)
      var attributes = pthread_attr_t()
      guard pthread_attr_init(&attributes) == 0 else { return }
      defer { pthread_attr_destroy(&attributes) }
      guard pthread_attr_setstacksize(&attributes, bytes) == 0 else { return }
      _ = setDefaultAttributes(&attributes)
    #endif
  }
}

#if canImport(Glibc) || canImport(Musl)
  /// Declared here, since the headers show it only to those who ask for GNU's extensions, and Swift does not.
  @_silgen_name("pthread_setattr_default_np")
  private func setDefaultAttributes(_ attributes: UnsafePointer<pthread_attr_t>) -> CInt
#endif
