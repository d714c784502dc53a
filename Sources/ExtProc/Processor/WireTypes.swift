internal import CMessages

// protoc-c's names are the whole path of a message; these are the words of this folder for them.

typealias StructMessage = Google__Protobuf__Struct
typealias FieldsEntryMessage = Google__Protobuf__Struct__FieldsEntry
typealias ValueMessage = Google__Protobuf__Value
