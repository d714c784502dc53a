/// Goes through a template as a rendering would, on all ways at once, and looks where in the JSON that it writes each value
/// lands. It works on what can be known without a body, up to a bound: a template beyond it is not looked at further.
struct PrintWalk {
  private static let stepsMax = 200_000
  private static let depthMax = 500

  let source: TemplateSource
  let functions: [String: PrintedText]
  var environment = PrintEnvironment()
  /// What `{{ }}` prints is JSON.
  var asJSON: Bool
  private var place = JSONPlace()
  private var issues: [Int32: UnsafePrint] = [:]
  /// On some way something came that JSON has not.
  private var isForeign = false
  private var steps = 0
  private var isOver = false
  private var depth = 0
  private var nextID = 0

  init(_ source: TemplateSource, functions: [String: PrintedText], asJSON: Bool) {
    self.source = source
    self.functions = functions
    self.asJSON = asJSON
  }

  var found: [UnsafePrint] {
    isForeign ? [] : issues.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Counts a step; false when there were too many of them, or too many are inside of one another. From then on nothing
  /// is said any more.
  mutating func goes() -> Bool {
    steps += 1
    if steps > Self.stepsMax || depth > Self.depthMax { isOver = true }
    return !isOver
  }

  mutating func nested<Result>(_ body: (inout PrintWalk) -> Result) -> Result {
    depth += 1
    defer { depth -= 1 }
    return body(&self)
  }

  /// In the environment of something that was declared elsewhere.
  mutating func inside<Result>(_ other: PrintEnvironment, _ body: (inout PrintWalk) -> Result) -> Result {
    let outside = environment
    environment = other
    defer { environment = outside }
    return nested(body)
  }

  // MARK: Statements

  mutating func walk(_ statements: [Statement]) {
    for statement in statements {
      guard goes() else { return }
      walk(statement)
    }
  }

  private mutating func walk(_ statement: Statement) {
    switch statement {
    case .text(let text): write(text)
    case .emit(let expression): emit(expression)
    case .if(let branches, let otherwise): walkIf(branches, otherwise)
    case .for(let loop): walkFor(loop)
    case .set(let target, let value): assign(target, .expression(value, environment))
    case .setBlock(let target, let filter, let body, _):
      let block = PrintEnvironment.Content.block(body, environment, asJSON: asJSON)
      assign(target, filter.map { .value(filtered($0, .unknown)) } ?? block)
    case .with(let assignments, let body, _):
      let outside = environment
      for (target, value) in assignments { assign(target, .expression(value, environment)) }
      nested { $0.walk(body) }
      environment.restoreNames(of: outside)
    case .filterBlock(let filter, let body, _): walkFilter(filter, body)
    case .autoescape(let mode, let body, _):
      let outside = asJSON
      asJSON = mode.constant?.isString("json") ?? false
      nested { $0.walk(body) }
      asJSON = outside
    case .macro(let macro): bind(macro.name, .macro(macro, environment))
    case .callBlock(let call, let macro):
      var caller = environment
      caller.bind("caller", .macro(macro, environment), id: newID())
      let outside = environment
      environment = caller
      emit(call)
      environment = outside
    case .do, .break, .continue: return
    }
  }

  private mutating func walkIf(
    _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
  ) {
    let start = place
    var ends: [(place: JSONPlace, environment: PrintEnvironment)] = []
    for (condition, body) in branches {
      let before = environment
      refine(by: condition, being: true)
      nested { $0.walk(body) }
      ends.append((place, environment))
      place = start
      environment = before
      refine(by: condition, being: false)
    }
    nested { $0.walk(otherwise) }
    for end in ends {
      environment.join(end.environment)
      join(end.place)
    }
  }

  /// Of ways that end in different places, one that writes JSON counts.
  private mutating func join(_ other: JSONPlace) {
    if other.isJSON, !place.isJSON { place = other }
  }

  private mutating func walkFor(_ loop: ForLoop) {
    let elements = evaluate(loop.sequence).elements
    let outside = environment
    if case .name(let name, _) = loop.target {
      bind(name, .value(PrintedValue(elements, elements: elements)))
    } else {
      assign(loop.target, .value(.unknown))
    }
    if let filter = loop.filter { refine(by: filter, being: true) }
    // What a round leaves in a namespace, the next one may print.
    let (start, before) = (place, issues)
    nested { $0.walk(loop.body) }
    (place, issues) = (start, before)
    nested { $0.walk(loop.body) }
    environment.restoreNames(of: outside)
    let end = place
    place = start
    nested { $0.walk(loop.otherwise) }
    join(end)
  }

  /// What only takes white space off, or adds some, passes on what it gets.
  private mutating func walkFilter(_ filter: Expression, _ body: [Statement]) {
    if case .filter(nil, let name, _, _) = filter.node, ["trim", "indent", "safe"].contains(name) {
      nested { $0.walk(body) }
    } else {
      note(filtered(filter, .unknown).kind, filter)
    }
  }

  // MARK: Names

  mutating func newID() -> Int {
    nextID += 1
    return nextID
  }

  mutating func bind(_ name: String, _ content: PrintEnvironment.Content) {
    steps += environment.count / 16
    environment.bind(name, content, id: newID())
  }

  private mutating func assign(_ target: Target, _ content: PrintEnvironment.Content) {
    switch target {
    case .name(let name, _):
      bind(name, content)
      bindMembers(of: name, content)
    case .attribute(let object, let name, _):
      guard let key = PrintEnvironment.key(object) else { return }
      environment.bindMember("\(key).\(name)", evaluate(content), id: newID())
    case .list(let targets, _): for target in targets { assign(target, .value(.unknown)) }
    }
  }

  /// `namespace(total=0)`
  private mutating func bindMembers(of name: String, _ content: PrintEnvironment.Content) {
    guard case .expression(let expression, _) = content,
      case .call(let callee, let arguments) = expression.node,
      callee.name == "namespace"
    else { return }
    for case .keyword(let member, _, let value) in arguments {
      environment.bindMember("\(name).\(member)", evaluate(value), id: newID())
    }
  }

  // MARK: Output

  mutating func write(_ text: [UInt8]) {
    place.read(text)
    if place.isJSON, place.isBroken { isForeign = true }
  }

  /// The same output from here on each of two ways.
  mutating func either(_ first: (inout PrintWalk) -> Void, _ second: (inout PrintWalk) -> Void) {
    let start = place
    nested(first)
    let end = place
    place = start
    nested(second)
    join(end)
  }

  mutating func note(_ kind: PrintedKind, _ expression: Expression) {
    defer { place.notePrint() }
    guard place.isJSON, !isOver else { return }
    let problem: UnsafePrint.Kind
    switch (place.isInString, kind.contains(.json), kind.contains(.inner)) {
    case (false, true, _), (true, _, true): return
    case (false, false, _): problem = .bare
    case (true, true, false): problem = .quotedTwice
    case (true, false, false): problem = .inQuotes
    }
    let span = expression.span
    guard issues[span.start] == nil else { return }
    issues[span.start] = UnsafePrint(problem, expression, in: source)
  }
}
