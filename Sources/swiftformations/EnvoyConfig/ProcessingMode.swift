import ExtProc
import Transformation

/// Which phases Envoy sends to the sidecar (envoy.extensions.filters.http.ext_proc.v3.ProcessingMode): the
/// least for what transformations need.
struct ProcessingMode: Equatable {
  private(set) var requestHeaders = false
  private(set) var responseHeaders = false
  private(set) var requestBody = false
  private(set) var responseBody = false

  init(_ needs: some Sequence<Needs>) {
    for needs in needs {
      // Without the header phase Envoy takes content-length off a body that it buffers.
      requestHeaders = requestHeaders || needs.request.headers || needs.request.body
      responseHeaders = responseHeaders || needs.response.headers || needs.response.body
      requestBody = requestBody || needs.request.body
      responseBody = responseBody || needs.response.body
    }
  }

  /// Every mode is spelled out: what is left out would mean its default. With a body its trailers: of a message that has
  /// trailers and no body Envoy would send nothing else, and it would pass as it is.
  var yaml: YAMLBlock {
    func mode(_ isNeeded: Bool) -> String { (isNeeded ? BodyMode.buffered : .none).rawValue }
    return """
      request_header_mode: \(requestHeaders ? "SEND" : "SKIP")
      response_header_mode: \(responseHeaders ? "SEND" : "SKIP")
      request_body_mode: \(mode(requestBody))
      response_body_mode: \(mode(responseBody))
      request_trailer_mode: \(requestBody ? "SEND" : "SKIP")
      response_trailer_mode: \(responseBody ? "SEND" : "SKIP")
      """
  }
}
