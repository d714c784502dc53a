internal import CEnvoyModule

/// Filters that wait for their thread's next stream, with the storage of their last one.
enum FilterPool {
  /// Owned by the caller until `takeBack`.
  static func make(_ config: FilterConfig) -> UnsafeMutableRawPointer {
    let pointer = filter_pool_take() ?? Unmanaged.passRetained(Filter()).toOpaque()
    Unmanaged<Filter>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.begin(config) }
    return pointer
  }

  /// The stream of this filter is over.
  static func takeBack(_ pointer: UnsafeMutableRawPointer) {
    Unmanaged<Filter>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.end() }
    let isKept = filter_pool_put(pointer) { pointer in
      if let pointer { Unmanaged<Filter>.fromOpaque(pointer).release() }
    }
    if !isKept { Unmanaged<Filter>.fromOpaque(pointer).release() }
  }
}

extension Filter {
  /// Kept alive by Envoy until `filter_destroy`, and by the caller while it uses it.
  @inline(__always)
  static func at(_ pointer: UnsafeMutableRawPointer?) -> Filter? {
    pointer.map { Unmanaged<Filter>.fromOpaque($0).takeUnretainedValue() }
  }
}
