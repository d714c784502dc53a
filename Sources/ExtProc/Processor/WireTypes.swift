internal import CExtProc
internal import Transformation

// protoc-c's names are the whole path of a message; these are the words of this folder for them.

typealias ProcessingRequestMessage = Envoy__Service__ExtProc__V3__ProcessingRequest
typealias AttributesEntryMessage = Envoy__Service__ExtProc__V3__ProcessingRequest__AttributesEntry
typealias ProtocolConfigurationMessage = Envoy__Service__ExtProc__V3__ProtocolConfiguration
typealias HttpHeadersMessage = Envoy__Service__ExtProc__V3__HttpHeaders
typealias HttpBodyMessage = Envoy__Service__ExtProc__V3__HttpBody
typealias ProcessingResponseMessage = Envoy__Service__ExtProc__V3__ProcessingResponse
typealias HeadersResponseMessage = Envoy__Service__ExtProc__V3__HeadersResponse
typealias BodyResponseMessage = Envoy__Service__ExtProc__V3__BodyResponse
typealias TrailersResponseMessage = Envoy__Service__ExtProc__V3__TrailersResponse
typealias CommonResponseMessage = Envoy__Service__ExtProc__V3__CommonResponse
typealias HeaderMutationMessage = Envoy__Service__ExtProc__V3__HeaderMutation
typealias BodyMutationMessage = Envoy__Service__ExtProc__V3__BodyMutation
typealias ImmediateResponseMessage = Envoy__Service__ExtProc__V3__ImmediateResponse
typealias ProcessingModeMessage = Envoy__Extensions__Filters__Http__ExtProc__V3__ProcessingMode
typealias BodySendMode = Envoy__Extensions__Filters__Http__ExtProc__V3__ProcessingMode__BodySendMode
typealias HeaderSendMode = Envoy__Extensions__Filters__Http__ExtProc__V3__ProcessingMode__HeaderSendMode
typealias HeaderMapMessage = Envoy__Config__Core__V3__HeaderMap
typealias HeaderValueMessage = Envoy__Config__Core__V3__HeaderValue
typealias HeaderValueOptionMessage = Envoy__Config__Core__V3__HeaderValueOption
typealias HeaderAppendAction = Envoy__Config__Core__V3__HeaderValueOption__HeaderAppendAction
typealias BoolValueMessage = Google__Protobuf__BoolValue
typealias StructMessage = Google__Protobuf__Struct
typealias FieldsEntryMessage = Google__Protobuf__Struct__FieldsEntry
typealias ValueMessage = Google__Protobuf__Value

/// A `ProcessingRequest` by its kind. Borrowed from the arena that it was unpacked into.
enum IncomingPhase {
  case headers(Direction, UnsafePointer<HttpHeadersMessage>)
  case body(Direction, UnsafePointer<HttpBodyMessage>)
  case trailers(Direction)

  /// Nil when the message has no kind, or one that is not known here.
  init?(_ message: UnsafePointer<ProcessingRequestMessage>) {
    switch message.pointee.request_case {
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_HEADERS:
      guard let headers = message.pointee.request_headers else { return nil }
      self = .headers(.request, headers)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_HEADERS:
      guard let headers = message.pointee.response_headers else { return nil }
      self = .headers(.response, headers)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_BODY:
      guard let body = message.pointee.request_body else { return nil }
      self = .body(.request, body)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_BODY:
      guard let body = message.pointee.response_body else { return nil }
      self = .body(.response, body)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_TRAILERS:
      self = .trailers(.request)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_TRAILERS:
      self = .trailers(.response)
    default:
      return nil
    }
  }
}

extension ProtobufCBinaryData {
  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : len) }
}
