import ExtProc
import Transformation

/// The phases that Envoy sends, against those that the transformations need.
enum PhaseRules {
  private struct Phase {
    let field: String
    /// What is sent with it, for people.
    let what: String
    /// Envoy's value for an absent field.
    let fallback: String
    let wanted: String
    let isNeeded: @Sendable (Needs) -> Bool
  }

  private static let phases = [
    Phase(field: "request_header_mode", what: "request headers", fallback: "SEND", wanted: "SEND") {
      $0.request.headers || $0.request.body
    },
    Phase(field: "response_header_mode", what: "response headers", fallback: "SEND", wanted: "SEND") {
      $0.response.headers || $0.response.body
    },
    body("request_body_mode", "the request's body") { $0.request.body },
    body("response_body_mode", "the response's body") { $0.response.body },
    Phase(field: "request_trailer_mode", what: "request trailers", fallback: "SKIP", wanted: "SEND") {
      $0.request.body
    },
    Phase(field: "response_trailer_mode", what: "response trailers", fallback: "SKIP", wanted: "SEND") {
      $0.response.body
    },
  ]

  private static func body(
    _ field: String, _ what: String, _ isNeeded: @escaping @Sendable (Needs) -> Bool
  ) -> Phase {
    Phase(
      field: field, what: what, fallback: BodyMode.none.rawValue, wanted: BodyMode.buffered.rawValue,
      isNeeded: isNeeded)
  }

  /// What follows from a value that is not the wanted one.
  private struct Consequence {
    let severity: Diagnostic.Severity
    let text: String
  }

  private static let consequences: [String: Consequence] = [
    "header SKIP": Consequence(severity: .error, text: "Envoy does not send them"),
    "body \(BodyMode.none.rawValue)": Consequence(severity: .error, text: "Envoy does not send it"),
    "body \(BodyMode.streamed.rawValue)": Consequence(
      severity: .error, text: "it comes in pieces, which are not collected"),
    "body \(BodyMode.fullDuplexStreamed.rawValue)": Consequence(
      severity: .error, text: "it comes in pieces, which are not collected"),
    "body GRPC": Consequence(severity: .error, text: "it comes in pieces, which are not collected"),
    "body \(BodyMode.bufferedPartial.rawValue)": Consequence(
      severity: .warning,
      text: "of one over the buffer limit only the start is known, and some Envoys hang or misframe it"),
    "trailer SKIP": Consequence(
      severity: .warning,
      text: "of a message that has trailers and no body, as gRPC has them, nothing tells the end"),
  ]

  /// With `allow_mode_override` the sidecar can ask for a body.
  private static let asked = Consequence(
    severity: .warning,
    text:
      "Envoy does not send it unless the sidecar asks for it, which it does with `serve --allow-mode-override`"
      + " alone")

  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    phases.compactMap { finding($0, situation) }
  }

  private static func finding(_ phase: Phase, _ situation: EnvoySituation) -> Diagnostic? {
    let (value, place) = situation.mode(phase.field, default: phase.fallback)
    guard value != phase.wanted, let names = situation.those("need", phase.isNeeded),
      let kind = phase.field.split(separator: "_").dropFirst().first,
      var consequence = consequences["\(kind) \(value)"]
    else { return nil }
    // One fault has one finding: a body that is not sent has no trailers to be sent either.
    let direction: Direction = phase.field.hasPrefix("request") ? .request : .response
    if kind == "trailer", situation.bodyMode(direction).value != .buffered { return nil }
    if value == BodyMode.none.rawValue, situation.filter.settings["allow_mode_override"]?.isTrue == true {
      consequence = asked
    }
    let isAbsent = situation.setting("processing_mode")?[phase.field] == nil
    let spelled =
      isAbsent ? "`\(phase.field)` is absent, which means \(value)" : "`\(phase.field)` is \(value)"
    return place.finding(
      consequence.severity,
      "\(spelled), and \(names) \(phase.what): \(consequence.text); it takes \(phase.wanted)")
  }
}

/// A new body that is given with the answer to the headers, in the place of one that is not read.
enum ReplacementRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    [finding(.request, { $0.request }, situation), finding(.response, { $0.response }, situation)]
      .compactMap { $0 }
  }

  private static func finding(
    _ direction: Direction, _ needs: (Needs) -> Needs.Direction, _ situation: EnvoySituation
  ) -> Diagnostic? {
    guard let names = situation.those("replace", { needs($0).replacesBody && !needs($0).body }) else {
      return nil
    }
    let consequence = "\(names) the \(direction)'s body with the headers: every exchange is a 500"
    let without = situation.filter.settings["send_body_without_waiting_for_header_response"]
    if let without, without.isTrue {
      return without.finding(.error, "with this the body is on its way before, and \(consequence)")
    }
    let (mode, place) = situation.bodyMode(direction)
    guard let mode, mode == .fullDuplexStreamed else { return nil }
    return place.finding(.error, "`\(direction)_body_mode` is \(mode.rawValue), and \(consequence)")
  }
}

/// What the sidecar may change of the processing mode for an exchange.
enum OverrideRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let settings = situation.filter.settings
    guard let allowed = settings["allow_mode_override"], allowed.isTrue else {
      return held(situation, settings["allow_mode_override"] ?? settings)
    }
    if let without = settings["send_body_without_waiting_for_header_response"], without.isTrue {
      return [
        without.finding(
          .warning,
          "with this Envoy ignores `allow_mode_override`: phases that an exchange does not need are sent")
      ]
    }
    guard let list = settings["allowed_override_modes"] else { return [] }
    return [
      list.finding(
        .note, "Envoy ignores an override of the sidecar's unless one of these is the whole mode that results"
      )
    ]
  }

  /// A streamed answer waits for its end where the sidecar cannot say that it is not to be collected.
  private static func held(_ situation: EnvoySituation, _ place: EnvoyValue) -> [Diagnostic] {
    guard situation.bodyMode(.response).value == .buffered else { return [] }
    return [
      place.finding(
        .warning,
        "every response is held back to its end, streamed completions too; with `allow_mode_override: true` the sidecar"
          + " lets `text/event-stream` pass")
    ]
  }
}
