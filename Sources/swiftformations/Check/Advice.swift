import Transformation

/// What is easily missed in a configuration that is right: notes, warnings of what may go wrong, and when strict what a
/// careful author would write.
struct Advice {
  /// One transformation as the text has it.
  struct Source {
    let node: ConfigurationNode
    /// `transformations.chat`; empty for a file that is one transformation.
    let path: String

    func path(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }
  }

  /// In the order of the text. `root` compiles without errors.
  static func diagnostics(_ root: ConfigurationNode, isStrict: Bool) -> [Diagnostic] {
    let sources = sources(root)
    return sources.flatMap {
      RouteAdvice.notes($0) + JSONAdvice.warnings($0) + (isStrict ? SecretAdvice.warnings($0) : [])
    }
  }

  private static func sources(_ root: ConfigurationNode) -> [Source] {
    guard let named = root["transformations"] else { return [Source(node: root, path: "")] }
    guard case .mapping(let members, _) = named else { return [] }
    return members.map { Source(node: $0.value, path: "transformations.\($0.key.value)") }
  }
}
