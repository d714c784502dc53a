internal import CEnvoyModule
internal import Synchronization
internal import Transformation

/// The filter that a configuration asks for by `filter_name`.
enum FilterName: Equatable {
  /// Ours.
  case transformation
  /// One of kgateway's module, by its name there. It is not here: a filter of that name does nothing, and a route that
  /// asks for it is refused, so that nobody passes whom it would have stopped.
  case missing(String)

  /// Nil, with what is wrong in the log, when nothing is known of the name. `field`: where it was given.
  init?(_ name: UnsafeRawBufferPointer, of field: String) {
    if ModuleFilterNames.own.contains(where: { name.elementsEqual($0.utf8) }) {
      self = .transformation
    } else if let known = ModuleFilterNames.ofKgateway.first(where: { name.elementsEqual($0.utf8) }) {
      self = .missing(known)
    } else {
      let given = String(decoding: name, as: UTF8.self).printable
      ModuleLog.write(
        ENVOY_LOG_ERROR,
        "\(field): there is no filter `\(given)`; there are: \(ModuleFilterNames.own.joined(separator: ", "))"
      )
      return nil
    }
  }

  /// What the log was told of already: a control plane sends the same again and again.
  private static let told = Mutex<Set<String>>([])

  /// Says once in the life of the process what becomes of a filter that is not here.
  static func tellMissing(_ name: String, of field: String, _ consequence: String) {
    guard told.withLock({ $0.insert("\(field) \(name)").inserted }) else { return }
    ModuleLog.write(
      ENVOY_LOG_ERROR,
      "\(field): `\(name)` is a filter of kgateway's module, and not of this one: \(consequence)")
  }
}
