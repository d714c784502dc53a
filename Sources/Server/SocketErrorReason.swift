internal import NIOCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Why a call of the system failed, for people: NIO's own text has its functions in it.
func socketErrorReason(_ error: any Error) -> String {
  (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
}
