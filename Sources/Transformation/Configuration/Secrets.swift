internal import Template

/// What `secrets` holds: values that templates read by `secret(group, key)`, and that nothing shows.
///
/// ```
/// secrets: { provider: { token: "…" } }
/// ```
struct Secrets: Sendable {
  /// What stands in the place of a value where it would be seen.
  static let mask = "***"

  private var groups: [String: [String: [UInt8]]] = [:]

  var isEmpty: Bool { groups.isEmpty }

  /// Nil when there is no such secret.
  func value(_ group: String, _ key: String) -> [UInt8]? { groups[group]?[key] }

  /// Why there is none; names are no secrets.
  func absence(of key: String?, in group: String) -> String? {
    guard let keys = groups[group] else {
      return "`secrets` has no `\(group)`"
        + NearestName.suggestion(for: group, among: groups.keys.sorted())
    }
    guard let key, keys[key] == nil else { return nil }
    return "`secrets.\(group)` has no `\(key)`"
      + NearestName.suggestion(for: key, among: keys.keys.sorted())
  }

  /// A message without the values that an error may have brought into it.
  func masking(_ message: String) -> String {
    if isEmpty { return message }
    var text = Array(message.utf8)
    // The longest first: a short one may be a part of it.
    let values = groups.values.flatMap(\.values).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    for value in values { text = Secrets.masking(value, in: text) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func masking(_ value: [UInt8], in text: [UInt8]) -> [UInt8] {
    var masked: [UInt8] = []
    var rest = text[...]
    while let first = rest.first {
      if rest.starts(with: value) {
        masked.append(contentsOf: mask.utf8)
        rest = rest.dropFirst(value.count)
      } else {
        masked.append(first)
        rest = rest.dropFirst()
      }
    }
    return masked
  }

  /// `base`, changed by what the field `secrets` says. `areHidden`: each value is the mask.
  static func read(
    _ reader: MappingReader<TopField>, over base: Secrets, areHidden: Bool, _ report: inout [Diagnostic]
  ) -> Secrets {
    guard let named = reader.map(.secrets, &report) else { return base }
    var secrets = base
    for (group, values) in named.entries {
      guard let keys = ObjectMembers(values, path: named.path(of: group.value), &report) else { continue }
      for (key, value) in keys.entries {
        guard let text = value.scalar else {
          report.append(
            Diagnostic(
              .error, at: value.location, path: keys.path(of: key.value),
              "expected a string, found \(value.kind)"))
          continue
        }
        let bytes = Array((areHidden ? mask : text.value).utf8)
        secrets.groups[group.value, default: [:]][key.value] = bytes
      }
      keys.reportTwice(&report)
    }
    named.reportTwice(&report)
    return secrets
  }
}

/// What is read of `secrets`.
package enum SecretReading: Sendable {
  case values
  /// A mask in the place of each value: for output that people see.
  case masks
}
