/// What the adapter does next with the headers of a message.
package enum HeadersAction {
  /// Apply the mutations and go on; this direction is done.
  case proceed
  /// Hold the headers and collect the whole body.
  case awaitBody
  /// Answer the client with this instead; the mutations are void.
  indirect case reply(LocalReply)

  package init(_ action: BodyAction) {
    switch action {
    case .proceed: self = .proceed
    case .reply(let reply): self = .reply(reply)
    }
  }
}

/// What the adapter does next with a message whose body was waited for.
package enum BodyAction {
  /// Apply the mutations and go on; this direction is done.
  case proceed
  /// Answer the client with this instead; the mutations are void.
  indirect case reply(LocalReply)
}
