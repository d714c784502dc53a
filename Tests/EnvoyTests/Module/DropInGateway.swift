import Foundation

/// An Envoy as kgateway sets it up, with the module as `librust_module.so`: filters that do nothing by themselves, and
/// routes from a file, which Envoy reads anew whenever it is replaced.
final class DropInGateway: Sendable {
  let envoy: Envoy
  private let folder: TemporaryFolder
  private let mockLLM: MockLLM
  private let routes: String

  /// `routes`: a file of `Tests/Fixtures/kgateway`.
  init(_ version: EnvoyVersion, routes: String) throws {
    folder = try TemporaryFolder()
    mockLLM = try MockLLM(in: folder)
    self.routes = try folder.write("routes.yaml", Self.fixture(routes))
    let accessLog = folder.file("access.log")
    envoy = try Envoy(
      version, bootstrap: Self.bootstrap(routes: self.routes, upstreamPort: mockLLM.port, accessLog),
      accessLogFile: accessLog, modules: try ModuleFolder.all.path, in: folder)
  }

  static func fixture(_ name: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: folder.appending(path: "Fixtures/kgateway/\(name)"), encoding: .utf8)
  }

  /// Replaces the routes, and waits until Envoy has taken or rejected them. False when it rejected them.
  func update(_ text: String) throws -> Bool {
    let before = try (statistic("update_success"), statistic("update_rejected"))
    _ = try folder.write("routes.yaml", text)
    return try envoy.process.waitUntil("reads the routes") {
      if try statistic("update_rejected") > before.1 { return false }
      return try statistic("update_success") > before.0 ? true : nil
    }
  }

  /// On a connection of its own.
  func exchange(_ request: HTTPRequest, host: String) throws -> HTTPResponse {
    var request = request
    request.headers.add("host", "\(host).test")
    return try HTTPConnection(port: envoy.port(of: "gateway")).exchange(request)
  }

  private func statistic(_ name: String) throws -> Int {
    try envoy.statistic("http.gateway.rds.routes.\(name)")
  }

  private static func bootstrap(routes: String, upstreamPort: Int, _ accessLog: String) -> String {
    """
    node: { id: test, cluster: test }
    static_resources:
      listeners:
      - name: gateway
        address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
        filter_chains:
        - filters:
          - name: hcm
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: gateway
              rds: { route_config_name: routes, config_source: { resource_api_version: V3, path_config_source: { path: "\(routes)" } } }
              access_log:
              - name: file
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                  path: "\(accessLog)"
                  log_format: { json_format: {
                    path: "%REQ(:PATH)%", status: "%RESPONSE_CODE%", details: "%RESPONSE_CODE_DETAILS%",
                    metadata: "%DYNAMIC_METADATA(\(EnvoyConfiguration.metadataNamespace))%"
                  } }
              http_filters:
              - \(filter("http-acl", #"{"defaultAction":"allow"}"#))
              - \(filter("rustformation", "{}"))
              - name: router
                typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
      clusters:
      - name: upstream
        connect_timeout: 5s
        load_assignment:
          cluster_name: upstream
          endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: \(upstreamPort) } } } } ] } ]

    """
  }

  private static func filter(_ name: String, _ configuration: String) -> String {
    ModuleFilter(
      name: "dynamic_modules/\(name)", library: "rust_module", filterName: name, configuration: configuration
    ).yaml.split(separator: "\n").joined(separator: " ")
  }
}
