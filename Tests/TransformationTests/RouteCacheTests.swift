import Testing

@testable import Transformation

@Suite("Clearing the route cache")
struct RouteCacheTests {
  private static let model =
    #""clearRouteCache":true,"body":{"parseAs":"AsJson"},"set":[{"name":"x-model","value":"{{ model }}"}]"#

  @Test("comes with the answer that ends the request's direction, and not before")
  func whenDone() throws {
    var driver = try Driver("{\"request\":{\(Self.model)}}")
    #expect(!driver.sendRequestHeaders(endOfStream: false).clearsRouteCache)
    driver = try Driver("{\"request\":{\(Self.model)}}")
    #expect(driver.sendRequest(#"{"model":"m"}"#).clearsRouteCache)
    driver = try Driver("{\"request\":{\(Self.model)}}")
    #expect(driver.sendRequest().clearsRouteCache, "without a body")
  }

  @Test("is off by default, and is asked for alone too")
  func standalone() throws {
    var off = try Driver(#"{"request":{"set":[{"name":"x","value":"1"}]}}"#)
    #expect(!off.sendRequest().clearsRouteCache)
    var alone = try Driver(#"{"request":{"clearRouteCache":true}}"#)
    #expect(alone.sendRequest().clearsRouteCache)
    #expect(alone.exchange.transformation.needs.request.headers)
    let said = try Driver(#"{"request":{"clearRouteCache":false}}"#).exchange.transformation.needs
    #expect(said.request.clearsRouteCache == false && said.isNothing)
  }

  @Test("does not happen where the client is answered instead")
  func refused() throws {
    var driver = try Driver("{\"request\":{\(Self.model)}}")
    let outcome = driver.sendRequest("no JSON")
    #expect(outcome.reply?.status == 400)
    #expect(!outcome.clearsRouteCache)
  }

  @Test("happens where a rule failed and the exchange goes on")
  func failed() throws {
    var driver = try Driver(
      #"{"request":{"clearRouteCache":true,"set":[{"name":"x","value":"{{ header('x').y.z }}"}]}}"#)
    let outcome = driver.sendRequest()
    #expect(outcome.failures.count == 1 && outcome.clearsRouteCache)
  }

  @Test("is a field of requests, and true or false")
  func field() {
    #expect(
      diagnostics(#"{"request":{"clearRouteCache":"yes"}}"#)
        == ["1:31 error request.clearRouteCache: expected true or false, found a string"])
    #expect(
      diagnostics(#"{"response":{"clearRouteCache":true}}"#)
        == [
          "1:14 warning response.clearRouteCache: unknown field `clearRouteCache` is ignored; it belongs in `request`"
        ])
  }
}
