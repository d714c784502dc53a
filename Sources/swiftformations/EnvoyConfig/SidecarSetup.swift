import ExtProc
import Transformation

/// What Envoy has to be told to call the sidecar, as YAML with comments.
struct SidecarSetup {
  static let clusterName = "swiftformations"
  /// Not `envoy.filters.http.ext_proc`: Istio's inference filter has that name, and a route's configuration of it would
  /// be taken for ours.
  static let filterName = "swiftformations"
  /// What gRPC calls have as `:authority`. Envoy's default is the cluster's name, which may be no host's.
  static let authority = "swiftformations"

  let file: String
  let socket: String
  /// The one transformation that this is made for; nil for all of the file.
  let transformation: Transformation?
  let mode: ProcessingMode
  private let needs: [Needs]
  private let hasRoutes: Bool

  init(
    _ configuration: Configuration, for transformation: Transformation?, file: String, socket: String
  ) {
    self.file = file
    self.socket = socket
    self.transformation = transformation
    needs = transformation.map { [$0.needs] } ?? configuration.transformations.values.map(\.needs)
    mode = ProcessingMode(needs)
    hasRoutes = transformation == nil && !configuration.routes.isEmpty
  }

  /// The pieces, each with a word on where it goes.
  var fragments: String {
    var output: YAMLBlock = """
      # Made by `\(command)`.
      # Make it again when the file's templates change.

      # Into http_filters of the HTTP connection manager, before envoy.filters.http.router.
      http_filters:
      """
    output += filter.asElement
    output += """

      # Into static_resources.
      clusters:
      """
    output += cluster.asElement
    guard let transformation else { return output.text }
    output += """
      ---
      # Into a route, or a virtual host, whose requests get this transformation.
      # Without it the sidecar applies the file's default, if there is one.
      """
    return (output + perRoute(transformation)).text
  }

  private var command: String {
    let name = String(file.map { $0 == "`" ? "'" : $0 }).printable
    let chosen = transformation.map { " --transformation \($0.name)" } ?? ""
    return "swiftformations envoy-config \(name) --deployment sidecar\(chosen)"
  }

  // MARK: The filter

  var filter: YAMLBlock {
    var output: YAMLBlock = """
      name: \(SidecarSetup.filterName)
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
        grpc_service:
          envoy_grpc:
            cluster_name: \(SidecarSetup.clusterName)
            authority: \(SidecarSetup.authority)
        # How long Envoy waits for the answer to one phase, connecting included; then the client gets a 504.
        message_timeout: 1s
        # false: without the sidecar requests fail with a 500. true: they pass untransformed.
        failure_mode_allow: false
        # The sidecar leaves out further phases that an exchange's own transformation does not need. Started with
        # `serve --allow-mode-override`, it also asks for a body where the modes below have NONE.
        allow_mode_override: true
        # The phases that some template needs: each costs a round trip.
      """
    if mode.requestBody || mode.responseBody {
      output += """
          # BUFFERED: Envoy holds the whole body. Above the listener's per_connection_buffer_limit_bytes (1 MiB if
          # unset) a request is refused with a 413, and a response becomes a 500.
        """
    }
    output += "  processing_mode:"
    output += mode.yaml.indented(4)
    output += attributes.indented(2) + metadata.indented(2) + mutationRules.indented(2)
    return output
  }

  /// Attributes come with the first message of each direction.
  private var attributes: YAMLBlock {
    let connection = Set(needs.flatMap(\.connectionAttributes)).map { "connection.\($0.rawValue)" }.sorted()
    var output = YAMLBlock.empty
    if hasRoutes { output += "# The file's routes are chosen by the name of Envoy's route." }
    let names = (hasRoutes ? ["xds.route_name"] : []) + connection
    guard !names.isEmpty else { return output }
    let list = YAMLBlock(names.map { "- \($0)" }.joined(separator: "\n"))
    if mode.requestHeaders { output += YAMLBlock("request_attributes:") + list }
    if mode.responseHeaders, !mode.requestHeaders { output += YAMLBlock("response_attributes:") + list }
    return output
  }

  private var metadata: YAMLBlock {
    let namespaces = Set(needs.flatMap { $0.request.metadataNamespaces + $0.response.metadataNamespaces })
      .sorted()
    guard !namespaces.isEmpty else { return .empty }
    let list = YAMLBlock(namespaces.map { "- \(YAMLBlock.quote($0))" }.joined(separator: "\n"))
    return """
      # Envoy takes dynamic metadata from the sidecar in these namespaces only.
      metadata_options:
        receiving_namespaces:
          untyped:
      """ + list.indented(4)
  }

  private var mutationRules: YAMLBlock {
    let written = Set(needs.flatMap { $0.request.headersWritten + $0.response.headersWritten })
    let routing = !written.isDisjoint(with: HeaderRules.routing)
    let internals = written.contains { $0.hasPrefix("x-envoy-") }
    guard routing || internals else { return .empty }
    var output: YAMLBlock = """
      # Envoy drops changes of these headers without a word unless it is told to allow them.
      mutation_rules:
      """
    if routing { output += "  allow_all_routing: true  # host, :authority, :method, :scheme" }
    if internals { output += "  allow_envoy: true  # x-envoy-*" }
    return output
  }

  // MARK: The route

  /// In `typed_per_filter_config`.
  func perRoute(_ transformation: Transformation) -> YAMLBlock {
    // Envoy reads % as the start of a command operator.
    let value = transformation.name.split(separator: "%", omittingEmptySubsequences: false).joined(
      separator: "%%")
    let head: YAMLBlock = """
      typed_per_filter_config:
        \(SidecarSetup.filterName):
          "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute
          overrides:
            # For a filter that serves other transformations too.
            processing_mode:
      """
    return head + ProcessingMode([transformation.needs]).yaml.indented(8) + """
            # Sent with each stream; the sidecar finds the transformation by it.
            grpc_initial_metadata:
            - key: \(SelectorHeader.transformation)
              value: \(YAMLBlock.quote(value))
      """
  }

  // MARK: The cluster

  var cluster: YAMLBlock {
    """
    name: \(SidecarSetup.clusterName)
    type: STATIC
    connect_timeout: 0.25s
    # gRPC needs HTTP/2.
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config:
          http2_protocol_options: {}
    # Each exchange is one stream for as long as it lasts. Over Envoy's default of 1024 at once it would fail with
    # a 500.
    circuit_breakers:
      thresholds:
      - max_requests: 65536
        max_pending_requests: 65536
    load_assignment:
      cluster_name: \(SidecarSetup.clusterName)
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              pipe:
                path: \(YAMLBlock.quote(socket))
    """
  }
}
