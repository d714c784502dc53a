import ExtProc
import Transformation

/// Whether the route is chosen anew, by the file and by the filter.
enum RouteCacheRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let settings = situation.filter.settings
    let action = settings["route_cache_action"]
    if let names = situation.those("ask", { $0.request.clearsRouteCache == true }) {
      if situation.filter.chain.owner == .cluster {
        return [
          situation.filter.place.finding(
            .error, "in a cluster the route is settled, and \(names) for another with `clearRouteCache: true`"
          )
        ]
      }
      let (mode, place) = situation.bodyMode(.request)
      if mode == .bufferedPartial,
        let names = situation.those("ask", { $0.request.clearsRouteCache == true && $0.request.body })
      {
        return [
          place.finding(
            .error,
            "in this mode Envoy sends the request on before, and \(names) for another route with `clearRouteCache: true`:"
              + " its requests are refused")
        ]
      }
      for field in [action?.text == "RETAIN" ? action : nil, settings["disable_clear_route_cache"]] {
        guard let field, field.isTrue || field.text == "RETAIN" else { continue }
        return [
          field.finding(
            .error, "with this the route stays, and \(names) for another with `clearRouteCache: true`")
        ]
      }
      return []
    }
    guard let action, action.text == "CLEAR",
      let names = situation.those("set", { !$0.request.headersWritten.isEmpty })
    else { return [] }
    return [
      action.finding(
        .note,
        "with this Envoy chooses the route anew whenever request headers change: \(names) some, and no `clearRouteCache`"
          + " asks for it")
    ]
  }
}
