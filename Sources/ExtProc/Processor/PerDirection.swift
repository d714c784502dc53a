internal import Transformation

/// One of a thing for each direction.
struct PerDirection<Element> {
  var request: Element
  var response: Element

  subscript(direction: Direction) -> Element {
    get { direction == .request ? request : response }
    _modify {
      switch direction {
      case .request: yield &request
      case .response: yield &response
      }
    }
  }
}

extension PerDirection: Equatable where Element: Equatable {}
