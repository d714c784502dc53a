/// What is known of names where a template prints something.
struct PrintEnvironment {
  struct Binding {
    /// Each assignment has its own.
    let id: Int
    let content: Content
  }

  indirect enum Content {
    case value(PrintedValue)
    /// As it was when it was assigned.
    case expression(Expression, PrintEnvironment)
    /// What a block has written, and whether it was written as JSON.
    case block([Statement], PrintEnvironment, asJSON: Bool)
    case macro(MacroDeclaration, PrintEnvironment)
    case either(Content, Content)
  }

  /// Of names that the template assigns to.
  private var bindings: [String: Binding] = [:]
  /// What conditions tell of names, of ways from them, and of calls: `usage.total`, `header("x")`.
  private var facts: [String: PrintedValue] = [:]

  var count: Int { bindings.count + facts.count }

  subscript(_ key: String) -> Content? { facts[key].map { .value($0) } ?? bindings[key]?.content }

  mutating func bind(_ name: String, _ content: Content, id: Int) {
    facts = facts.filter { $0.key != name && !$0.key.hasPrefix(name + ".") }
    bindings[name] = Binding(id: id, content: content)
  }

  /// A member of a namespace: what it was at any time, it may be again.
  mutating func bindMember(_ key: String, _ value: PrintedValue, id: Int) {
    guard case .value(let before)? = bindings[key]?.content else {
      bindings[key] = Binding(id: id, content: .value(value))
      return
    }
    bindings[key] = Binding(id: id, content: .value(before.or(value)))
  }

  mutating func note(_ key: String, _ value: PrintedValue) { facts[key] = value }

  /// Names that a block has assigned to are over behind it; what it left in namespaces is not.
  mutating func restoreNames(of outside: PrintEnvironment) {
    bindings = outside.bindings.merging(bindings.filter { $0.key.utf8.contains(UInt8(ascii: ".")) }) { $1 }
    facts = outside.facts
  }

  /// What holds behind several ways that lead to the same place. What only some of them assign to is what these say.
  mutating func join(_ other: PrintEnvironment) {
    for (key, binding) in other.bindings {
      guard let own = bindings[key] else {
        bindings[key] = binding
        continue
      }
      if own.id != binding.id {
        bindings[key] = Binding(id: own.id, content: .either(own.content, binding.content))
      }
    }
    facts = facts.reduce(into: [:]) { facts, fact in
      if let value = other.facts[fact.key] { facts[fact.key] = fact.value.or(value) }
    }
  }

  /// How a name with members, or a call with constants, is called here; nil for other expressions.
  static func key(_ expression: Expression) -> String? {
    switch expression.node {
    case .name(let name): return name
    case .attribute(let object, let name): return key(object).map { "\($0).\(name)" }
    case .position(let object, let number): return key(object).map { "\($0).\(number)" }
    case .item(let object, let item):
      guard let constant = item.constant, let object = key(object) else { return nil }
      return "\(object).\(String(decoding: constant.textBytes, as: UTF8.self))"
    case .call(let callee, let arguments):
      guard let name = callee.name else { return nil }
      let constants = arguments.compactMap { $0.isPositional ? $0.expression.constant : nil }
      guard constants.count == arguments.count else { return nil }
      return "\(name)(\(constants.map { String(decoding: $0.textBytes, as: UTF8.self) }))"
    default: return nil
    }
  }
}
