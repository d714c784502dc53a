package import GRPC

/// Headers of a gRPC call, from Envoy's configuration, by which a route chooses (`TransformationSelector`).
package enum SelectorHeader {
  /// Names a transformation of the file.
  package static let transformation: StaticString = "x-swiftformations-transformation"
  /// Holds a whole configuration, in place of the file.
  package static let configuration: StaticString = "x-swiftformations-config"
}

extension GRPCMethod {
  /// `ExternalProcessor/Process`: a stream for each HTTP exchange.
  ///
  /// - Parameter metrics: of the event loop on which the calls live.
  package static func process(_ service: ProcessService, metrics: LoopMetrics) -> GRPCMethod {
    GRPCMethod(
      path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
      fields: [SelectorHeader.transformation, SelectorHeader.configuration]
    ) { fields, storage, _ in
      let memory = storage as? ProcessMemory ?? ProcessMemory()
      storage = memory
      var selector = ProcessStream.Selector()
      selector.transformation = fields[SelectorHeader.transformation]
      selector.configuration = fields[SelectorHeader.configuration]
      return ProcessStream(service, selector: selector, metrics: metrics, memory: memory)
    }
  }
}

extension ProcessStream: CallHandler {}
