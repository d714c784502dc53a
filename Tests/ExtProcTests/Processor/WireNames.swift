import CExtProc
import CProtobufC

@testable import ExtProc

// protoc-c's names are the whole path of a message; these are the words of the tests for them. The tests speak to the
// processor with protobuf-c, which shares no code with it.

typealias ProcessingRequestMessage = Envoy__Service__ExtProc__V3__ProcessingRequest
typealias AttributesEntryMessage = Envoy__Service__ExtProc__V3__ProcessingRequest__AttributesEntry
typealias ProcessingResponseMessage = Envoy__Service__ExtProc__V3__ProcessingResponse
typealias CommonResponseMessage = Envoy__Service__ExtProc__V3__CommonResponse
typealias HeaderMutationMessage = Envoy__Service__ExtProc__V3__HeaderMutation
typealias ProcessingModeMessage = Envoy__Extensions__Filters__Http__ExtProc__V3__ProcessingMode
typealias BodySendMode = Envoy__Extensions__Filters__Http__ExtProc__V3__ProcessingMode__BodySendMode
typealias HeaderMapMessage = Envoy__Config__Core__V3__HeaderMap
typealias HeaderValueMessage = Envoy__Config__Core__V3__HeaderValue
typealias StructMessage = Google__Protobuf__Struct
typealias FieldsEntryMessage = Google__Protobuf__Struct__FieldsEntry
typealias ValueMessage = Google__Protobuf__Value

extension ProtobufCBinaryData {
  /// Borrowed, as long as the message is there.
  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : len) }
}
