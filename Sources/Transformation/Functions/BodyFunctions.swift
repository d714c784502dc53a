internal import Template

/// `body()`: the whole body as it is; `context()`: the whole parsed JSON, an array too.
enum BodyFunctions {
  static let all: [Function] = [
    .text("body", parameters: [], reads: [.bodyText]) { call, output throws(TemplateError) in
      if let scope = HostFunctions.scope(call.context) { output.append(contentsOf: scope.body) }
    },
    Function("context", parameters: [], reads: [.document]) { call throws(TemplateError) in
      guard let root = call.context.root else {
        throw call.error(.noContext, "context() is the JSON body, and there was none to parse")
      }
      return .json(root)
    },
  ]
}
