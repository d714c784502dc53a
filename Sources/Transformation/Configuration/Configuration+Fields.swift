internal import Template

extension Configuration {
  /// What a configuration may have at its top.
  package static let fields = ConfigurationObject.configuration.fields.map(\.name)

  /// `; did you mean `request`?`, or nothing when none of the fields is near one of `keys`.
  package static func suggestion(for keys: [String]) -> String {
    keys.lazy.map { NearestName.suggestion(for: $0, among: fields) }.first { !$0.isEmpty } ?? ""
  }
}
