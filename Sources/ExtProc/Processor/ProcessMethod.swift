package import GRPC

extension GRPCMethod {
  /// `ExternalProcessor/Process`: a stream for each HTTP exchange.
  ///
  /// - Parameter metrics: of the event loop on which the calls live.
  package static func process(_ service: ProcessService, metrics: LoopMetrics) -> GRPCMethod {
    GRPCMethod(
      path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
      fields: ["x-swiftformations-transformation", "x-swiftformations-config"]
    ) { fields, storage in
      let memory = storage as? ProcessMemory ?? ProcessMemory()
      storage = memory
      var selector = ProcessStream.Selector()
      selector.transformation = fields["x-swiftformations-transformation"]
      selector.configuration = fields["x-swiftformations-config"]
      return ProcessStream(service, selector: selector, metrics: metrics, memory: memory)
    }
  }
}

extension ProcessStream: CallHandler {}
