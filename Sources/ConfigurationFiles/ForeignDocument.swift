import Transformation

/// A file that holds no configuration: empty, or something else that is YAML or JSON. To take it for a configuration
/// that does nothing would let everything pass unchanged, without a word.
///
/// Only files are looked at so: a `filter_config` of the module may hold nothing.
struct ForeignDocument {
  /// What is wrong with a file that says this; nil when it is for a configuration's reader to tell.
  static func fault(_ root: ConfigurationNode) -> Diagnostic? {
    switch root {
    case .null(let location):
      return Diagnostic(
        .error, at: location, path: "", "the file is empty; a configuration that does nothing is {}")
    case .mapping(let members, let location):
      guard let first = members.first else {
        return Diagnostic(.warning, at: location, path: "", "a configuration that does nothing")
      }
      guard !members.contains(where: { Configuration.fields.contains($0.key.value) }) else { return nil }
      let message = ForeignDocument(root: root).description(of: members.map(\.key.value))
      return Diagnostic(
        .error, at: first.key.location, length: first.key.value.unicodeScalars.count, path: "", message)
    default: return nil
    }
  }

  private let root: ConfigurationNode

  private func description(of keys: [String]) -> String {
    let found = TransformationSearch.find(in: root)
    if let kind = root["kind"]?.text, let version = root["apiVersion"]?.text {
      return "this is a Kubernetes manifest (\(kind) of \(version)), not a configuration; "
        + (found.map { "take from it \($0.advice)" } ?? "it has no transformation in it")
    }
    if let found { return "this is not a configuration; take from it \(found.advice)" }
    return
      "none of a configuration's fields is here: `request` and `response`, or `transformations` and `routes`"
      + Configuration.suggestion(for: keys)
  }
}

/// Looks for a transformation inside of another document.
struct TransformationSearch {
  /// Where one was found.
  struct Place {
    /// `spec.transformation`, `data["chat.yaml"]`
    let path: String
    /// The value is text that has to be taken out of its quotes or block.
    let isText: Bool

    var advice: String { isText ? "the text of \(path)" : "what is under \(path)" }
  }

  /// How deep it looks, text in text included.
  private static let depthMax = 32
  /// A text that may hold a configuration is read as one; so many of them at most.
  private static let textsMax = 100

  private var texts = 0

  /// The first one in the order of the text.
  static func find(in node: ConfigurationNode) -> Place? {
    var search = TransformationSearch()
    return search.find(node, path: "", depth: 0)
  }

  private mutating func find(_ node: ConfigurationNode, path: String, depth: Int) -> Place? {
    guard depth < TransformationSearch.depthMax else { return nil }
    switch node {
    case .mapping(let members, _):
      if TransformationSearch.isConfiguration(node) { return Place(path: path, isText: false) }
      for (key, value) in members {
        let inner = TransformationSearch.path(path, key.value)
        if let place = find(value, path: inner, depth: depth + 1) { return place }
      }
      return nil
    case .sequence(let elements, _):
      for (index, element) in elements.enumerated() {
        if let place = find(element, path: "\(path)[\(index)]", depth: depth + 1) { return place }
      }
      return nil
    case .string(let string): return isConfiguration(string.value) ? Place(path: path, isText: true) : nil
    case .null, .bool, .number: return nil
    }
  }

  private mutating func isConfiguration(_ text: String) -> Bool {
    guard ["request", "response", "transformations"].contains(where: text.contains),
      texts < TransformationSearch.textsMax
    else { return false }
    texts += 1
    guard let node = try? ConfigurationNode.read(Array(text.utf8)) else { return false }
    return TransformationSearch.isConfiguration(node)
  }

  private static func isConfiguration(_ node: ConfigurationNode) -> Bool {
    if case .mapping(let named, _)? = node["transformations"] {
      return named.contains { isTransformation($0.value) }
    }
    return isTransformation(node)
  }

  /// Others have a `request` too, such as the processing mode of an external processor.
  private static func isTransformation(_ node: ConfigurationNode) -> Bool {
    ["request", "response"].contains { direction in
      guard let direction = node[direction] else { return false }
      return lists.contains { direction[$0]?.isSequence == true }
        || ofBody.contains { direction["body"]?[$0] != nil }
    }
  }

  private static let lists = fields(at: ["request"]).filter { field in
    guard case .list = field.about.type else { return false }
    return true
  }.map(\.name)

  private static let ofBody = fields(at: ["request", "body"]).map(\.name)

  private static func fields(at path: [String]) -> [(name: String, about: FieldDescription)] {
    ConfigurationObject.configuration.object(at: path)?.fields ?? []
  }

  private static func path(_ path: String, _ key: String) -> String {
    let isPlain = key.utf8.allSatisfy { byte in
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
    guard isPlain else { return "\(path)[\"\(key)\"]" }
    return path.isEmpty ? key : "\(path).\(key)"
  }
}
