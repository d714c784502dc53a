internal import CEnvoyModule

/// What happens once, when Envoy loads the library.
enum ModuleStart {
  static let supported = "Envoy 1.36.3 to 1.40 and newer"

  /// The version of the ABI that this Envoy wants to hear; nil, with a line logged, when it is not supported.
  static func start() -> UnsafePointer<CChar>? {
    let found = envoy_load(envoy_lookup_in_process)
    if let refusal = refusal(found) {
      ModuleLog.refuse(refusal)
      return nil
    }
    if !process_pin_library() {
      ModuleLog.write(
        ENVOY_LOG_WARN, "could not pin the library; set do_not_close: true in the module's configuration")
    }
    ModuleLog.write(ENVOY_LOG_INFO, "loaded; this Envoy, by its callbacks, is \(name(of: found.line))")
    return ABIVersion.text(of: found.line)
  }

  /// Why the module cannot run here; nil when it can.
  static func refusal(_ found: EnvoyLoadResult) -> String? {
    switch found.line {
    case ENVOY_NONE:
      return "no Envoy: this process exports no callbacks of dynamic modules; the module runs in \(supported)"
    case ENVOY_TOO_OLD:
      return
        "this Envoy is too old: its callbacks are those of 1.36.2 or older; the module runs in \(supported)"
    default:
      guard let missing = found.missing else { return nil }
      return
        "this Envoy, by its callbacks \(name(of: found.line)), has no \(String(cString: missing)), which the module needs; the module"
        + " runs in \(supported), and a newer Envoy needs a newer swiftformations"
    }
  }

  private static func name(of line: EnvoyLine) -> String {
    line == ENVOY_1_40 ? "1.40 or newer" : "1.\(line.rawValue)"
  }
}
