internal import Transformation

/// The kinds of messages that an exchange consists of.
enum Phase: Int, CaseIterable {
  case requestHeaders, requestBody, requestTrailers, responseHeaders, responseBody, responseTrailers

  /// As metrics and logs name it.
  var label: String {
    switch self {
    case .requestHeaders: "request_headers"
    case .requestBody: "request_body"
    case .requestTrailers: "request_trailers"
    case .responseHeaders: "response_headers"
    case .responseBody: "response_body"
    case .responseTrailers: "response_trailers"
    }
  }
}

extension Phase {
  init(_ content: IncomingMessage.Content) {
    switch content {
    case .headers(.request, _, _): self = .requestHeaders
    case .headers(.response, _, _): self = .responseHeaders
    case .body(.request, _, _): self = .requestBody
    case .body(.response, _, _): self = .responseBody
    case .trailers(.request, _): self = .requestTrailers
    case .trailers(.response, _): self = .responseTrailers
    }
  }
}
