/// Something of the harness failed: a process did not start, a condition did not come true, a peer spoke no HTTP.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
