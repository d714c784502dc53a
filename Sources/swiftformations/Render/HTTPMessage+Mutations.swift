package import Transformation

extension HTTPMessage {
  /// Applies the mutations of one direction to this message, as Envoy applies the answers of an ext_proc
  /// server.
  ///
  /// All removes come first, then sets and appends in their order. A set takes every value of the header away
  /// and puts one at the end (after the other pseudo-headers for `:path` and its like). Not followed: a few headers
  /// that Envoy itself knows (`content-type`, `user-agent`) it keeps in one line, values joined by commas.
  ///
  /// When the body changed and there was a `content-length`, it becomes what the engine says of it.
  package mutating func apply(_ mutations: Mutations) {
    for change in mutations.headers where change.operation == .remove {
      removeAll(change.name.description)
    }
    for change in mutations.headers where change.operation != .remove {
      let name = change.name.description
      let value = Array(mutations.bytes[change.value])
      switch change.operation {
      case .set: set(Header(name, value))
      case .append: headers.append(Header(name, value))
      case .remove: break
      }
    }
    guard let range = mutations.body else { return }
    body = Array(mutations.bytes[range])
    switch mutations.bodyLength {
    case .state where first("content-length") != nil: set(Header("content-length", String(body.count)))
    case .state, .keep: break
    case .drop: removeAll("content-length")
    }
  }

  private mutating func removeAll(_ name: String) {
    headers.removeAll { $0.name == name }
  }

  private mutating func set(_ header: Header) {
    removeAll(header.name)
    let end = header.isPseudoHeader ? headers.firstIndex { !$0.isPseudoHeader } : nil
    headers.insert(header, at: end ?? headers.count)
  }
}
