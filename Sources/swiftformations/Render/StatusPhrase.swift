/// The words behind a status code (RFC 9110 section 15), for reading only.
enum StatusPhrase {
  static func of(_ status: String) -> String { phrases[status] ?? "" }

  private static let phrases = [
    "200": "OK", "201": "Created", "202": "Accepted", "204": "No Content", "206": "Partial Content",
    "301": "Moved Permanently", "302": "Found", "303": "See Other", "304": "Not Modified",
    "307": "Temporary Redirect", "308": "Permanent Redirect", "400": "Bad Request", "401": "Unauthorized",
    "402": "Payment Required", "403": "Forbidden", "404": "Not Found", "405": "Method Not Allowed",
    "406": "Not Acceptable", "408": "Request Timeout", "409": "Conflict", "410": "Gone",
    "413": "Content Too Large", "415": "Unsupported Media Type", "422": "Unprocessable Content",
    "429": "Too Many Requests", "500": "Internal Server Error", "501": "Not Implemented",
    "502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout",
  ]
}
