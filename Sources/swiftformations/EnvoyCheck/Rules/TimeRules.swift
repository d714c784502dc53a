import Transformation

/// How long Envoy waits for an answer of the sidecar's.
enum TimeRules {
  /// What `envoy-config` prints.
  private static let wantedSeconds = 1.0
  private static let defaultSeconds = 0.2

  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let settings = situation.filter.settings
    let timeout = settings["message_timeout"]
    let seconds = timeout == nil ? defaultSeconds : timeout?.seconds ?? wantedSeconds
    guard seconds < wantedSeconds,
      let names = situation.those("read", { $0.request.body || $0.response.body })
    else { return [] }
    let spelled =
      timeout == nil ? "`message_timeout` is absent, which means 0.2s" : "`message_timeout` is below 1s"
    return [
      (timeout ?? settings).finding(
        .warning,
        "\(spelled), and \(names) a body: connecting and the body's way to the sidecar count, and the client gets a"
          + " 504 when the time is over; 1s is enough for all but long bodies")
    ]
  }
}

/// How long a body may be that a filter holds.
enum BufferRules {
  private static let defaultBytes = 1 << 20

  /// Whether a longer one is refused. Where it is only read, the module lets it pass: where no length was declared, from
  /// Envoy 1.38 on.
  private static func isRefused(_ needs: Needs.Direction, _ situation: EnvoySituation) -> Bool {
    needs.body && !(needs.skipsLongBody && situation.filter.kind == .module)
  }

  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    guard let limit = situation.filter.chain.bufferLimit, let bytes = limit.integer, bytes < defaultBytes,
      let names = situation.those(
        "read",
        { isRefused($0.request, situation) || isRefused($0.response, situation) })
    else { return [] }
    return [
      limit.finding(
        .warning,
        "\(names) a body: of more than \(bytes) bytes, a request is refused with a 413 and a response becomes a 500; where"
          + " it is only read, `limits: { bodyBytes: \(bytes) }` in the file lets most longer ones pass unread"
      )
    ]
  }
}
