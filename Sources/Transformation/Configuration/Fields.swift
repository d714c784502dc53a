internal import Template

// Every field of a configuration, once: the object it stands in, its name, its type and what it means. A new field is a
// name and a line here, and the code that reads it with the `MappingReader`. What people are told of fields, what is
// hidden of them and what the fuzzer tries comes from here.

/// At the top of a file, and of each transformation.
enum TopField: String, ConfigurationField {
  case request, response, transformations, routes, limits, secrets

  var about: FieldDescription {
    switch self {
    case .request: .init(.object(DirectionField.self), "What is done to requests.")
    case .response:
      .init(.object(DirectionField.self, without: [.clearRouteCache]), "What is done to responses.")
    case .transformations: .init(.map(.object(.transformation)), "The transformations of a file, by name.")
    case .routes:
      .init(
        .map(.text),
        "Names of Envoy's routes, with `*` for any characters, and which transformation each has.")
    case .limits: .init(.object(LimitField.self), "What a rendering may use, and how long a body may be.")
    case .secrets:
      .init(.map(.map(.text)), isSecret: true, "Values by group and key, which `secret(group, key)` reads.")
    }
  }
}

/// In `request` and `response`.
enum DirectionField: String, ConfigurationField {
  case body, set, add, remove, dynamicMetadata, clearRouteCache, failurePolicy

  var about: FieldDescription {
    switch self {
    case .body: .init(.object(BodyField.self), "How the body is read, and the new one.")
    case .set:
      .init(
        .list(.object(HeaderField.self)), "Render, then overwrite the header: all its values become one.")
    case .add: .init(.list(.object(HeaderField.self)), "Render, then append a further value.")
    case .remove:
      .init(
        .list(.name), "Remove the header, also one that `set` or `add` of the same transformation wrote.")
    case .dynamicMetadata:
      .init(.list(.object(MetadataField.self)), "Write strings into Envoy's dynamic metadata.")
    case .clearRouteCache: .init(.flag, "Envoy chooses the route anew, once the request is transformed.")
    case .failurePolicy: .init(.object(FailurePolicyField.self), "What happens when something goes wrong.")
    }
  }
}

/// In `body`.
enum BodyField: String, ConfigurationField {
  case parseAs, `as`, value

  var about: FieldDescription {
    switch self {
    case .parseAs: .init(.choice(of: BodyFormat.self), "How the body is read.")
    case .as: .init(.choice(of: BodyKind.self), "What the new body is.")
    case .value: .init(.template, "The template of the new body.")
    }
  }
}

/// In an entry of `set` or `add`.
enum HeaderField: String, ConfigurationField {
  case name, value

  var about: FieldDescription {
    switch self {
    case .name: .init(.name, "The header's name.")
    case .value: .init(.template, "The template of its value.")
    }
  }
}

/// In an entry of `dynamicMetadata`.
enum MetadataField: String, ConfigurationField {
  case namespace, key, value

  var about: FieldDescription {
    switch self {
    case .namespace: .init(.text, "The namespace of Envoy's metadata.")
    case .key: .init(.name, "The name of the entry in it.")
    case .value: .init(.templateOr(ConfigurationObject(MetadataValueField.self)), "What is written.")
    }
  }
}

/// In `value` of an entry of `dynamicMetadata`, which may be the template itself.
enum MetadataValueField: String, ConfigurationField {
  case stringValue

  var about: FieldDescription { .init(.template, "The template of a string.") }
}

/// In `failurePolicy`.
enum FailurePolicyField: String, ConfigurationField {
  case parse, header, body, duplicateKeys, status, shape

  var about: FieldDescription {
    switch self {
    case .parse: .init(.choice(of: FailurePolicy.Parse.self), "A body that cannot be read.")
    case .header:
      .init(.choice(of: FailurePolicy.Header.self), "A template of a header or of metadata that fails.")
    case .body: .init(.choice(of: FailurePolicy.Body.self), "A template of the body that fails.")
    case .duplicateKeys:
      .init(.choice(of: FailurePolicy.DuplicateKeys.self), "A JSON body that has a key twice in one object.")
    case .status: .init(.status(400...599), "The status of every refusal.")
    case .shape: .init(.choice(of: RefusalShape.self), "How refusals are written.")
    }
  }
}

/// In `limits`.
enum LimitField: String, ConfigurationField {
  case steps, outputBytes, stringBytes, rangeElements, recursion, bodyBytes

  var about: FieldDescription {
    switch self {
    case .steps: .init(.number(1...TemplateLimits.stepsAbsoluteMax), "What a rendering does.")
    case .outputBytes:
      .init(.number(1...TemplateLimits.outputBytesAbsoluteMax), "Bytes that a template writes.")
    case .stringBytes:
      .init(
        .number(1...TemplateLimits.outputBytesAbsoluteMax),
        "Bytes of a string that an operator, a filter or a function makes.")
    case .rangeElements:
      .init(
        .number(1...TemplateLimits.rangeElementsAbsoluteMax), "Elements of a `range`, lists of a `slice`.")
    case .recursion:
      .init(
        .number(1...TemplateLimits.callDepthAbsoluteMax),
        "Macros and recursive loops that run at the same time.")
    case .bodyBytes:
      .init(
        .number(1...TransformationLimits.bodyBytesAbsoluteMax),
        "The longest body that is waited for where it is only read.")
    }
  }
}
