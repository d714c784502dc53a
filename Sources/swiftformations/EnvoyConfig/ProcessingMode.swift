import Transformation

/// Which phases Envoy sends to the sidecar (envoy.extensions.filters.http.ext_proc.v3.ProcessingMode): the
/// least for what transformations need.
struct ProcessingMode: Equatable {
  private(set) var requestHeaders = false
  private(set) var responseHeaders = false
  private(set) var requestBody = BodyMode.none
  private(set) var responseBody = BodyMode.none

  enum BodyMode: String {
    case none = "NONE"
    case buffered = "BUFFERED"
    /// Envoy stops the peer while it waits for the answer to the headers. In BUFFERED it refuses what comes meanwhile
    /// over its buffer limit, although the answer may be that the body is not wanted. With `allow_mode_override` the
    /// sidecar asks for BUFFERED where a message has a content-length, which Envoy would take off else.
    case bufferedPartial = "BUFFERED_PARTIAL"

    /// What suits this and `needs` too.
    fileprivate mutating func add(_ needs: Needs.Direction) {
      guard needs.body else { return }
      self = needs.takesPart && self != .buffered ? .bufferedPartial : .buffered
    }
  }

  init(_ needs: some Sequence<Needs>) {
    for needs in needs {
      // Without the header phase Envoy takes content-length off a body that it buffers.
      requestHeaders = requestHeaders || needs.request.headers || needs.request.body
      responseHeaders = responseHeaders || needs.response.headers || needs.response.body
      requestBody.add(needs.request)
      responseBody.add(needs.response)
    }
  }

  /// Every mode is spelled out: what is left out would mean its default. With a body its trailers: of a message that has
  /// trailers and no body Envoy would send nothing else, and it would pass as it is.
  var yaml: YAMLBlock {
    """
    request_header_mode: \(requestHeaders ? "SEND" : "SKIP")
    response_header_mode: \(responseHeaders ? "SEND" : "SKIP")
    request_body_mode: \(requestBody.rawValue)
    response_body_mode: \(responseBody.rawValue)
    request_trailer_mode: \(requestBody == .none ? "SKIP" : "SEND")
    response_trailer_mode: \(responseBody == .none ? "SKIP" : "SEND")
    """
  }
}
