import Transformation

extension DiagnosticPrinter.Look {
  /// A terminal's: wide characters take their columns, and parts have colours where they are wanted.
  static func terminal(colour: Bool) -> DiagnosticPrinter.Look {
    DiagnosticPrinter.Look(
      paint: { text, part in
        let style: Style =
          switch part {
          case .place: .bold
          case .margin: .faint
          case .severity(.error), .carets(.error): .red
          case .severity(.warning), .carets(.warning): .yellow
          case .severity(.note), .carets(.note): .cyan
          }
        return style.apply(text, enabled: colour)
      }, columns: { DisplayWidth.of($0) })
  }
}
