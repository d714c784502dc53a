internal import Template

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// `now()`: the time in UTC as RFC 3339 has it, `2030-01-31T12:34:56Z`; `now(format)`: as `TimeFormat` writes it.
enum TimeFunctions {
  static let all: [Function] = [
    .text("now", parameters: ["format"], required: 0, check: check) { call, output throws(TemplateError) in
      let format = call.argument(0).isUndefined ? TimeFormat.rfc3339 : try call.bytes(0)
      try call.charge(16 + format.count * 16)
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      let now = UTCTime(seconds: Int64(time.tv_sec), nanoseconds: Int(time.tv_nsec))
      do throws(TimeFormat.Fault) {
        try TimeFormat.append(now, format, to: &output)
      } catch {
        throw call.error(.badArguments, error.detail)
      }
    }
  ]

  @Sendable private static func check(_ constants: [Value?]) -> String? {
    guard let format = constants.first.flatMap({ $0 }), !format.isUndefined else { return nil }
    var output: [UInt8] = []
    do throws(TimeFormat.Fault) {
      try TimeFormat.append(UTCTime(seconds: 0, nanoseconds: 0), Function.text(of: format), to: &output)
      return nil
    } catch {
      return error.detail
    }
  }
}

/// A moment in the calendar of UTC (proleptic Gregorian, without leap seconds).
struct UTCTime {
  let seconds: Int64
  let nanoseconds: Int
  let year: Int
  /// From 1.
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  /// Sunday is 0.
  let weekday: Int
  /// From 1.
  let dayOfYear: Int

  /// `seconds` since 1970, in years that have at most five digits or so; all else is taken as 1970.
  init(seconds: Int64, nanoseconds: Int) {
    let seconds = seconds.magnitude < 1 << 42 ? seconds : 0
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    var days = Int(seconds / 86400)
    var rest = Int(seconds % 86400)
    if rest < 0 {
      rest += 86400
      days -= 1
    }
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    weekday = ((days + 4) % 7 + 7) % 7
    // Years begin with March here, so that the leap day is a year's last; 400 years have 146,097 days.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayFromMarch + 2) / 153
    day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    dayOfYear = dayFromMarch < 306 ? dayFromMarch + (isLeap ? 61 : 60) : dayFromMarch - 305
  }
}

/// Text of a moment, by the directives of strftime (POSIX) that a log or a signature needs:
///
/// `%Y %y %m %d %e %j %H %I %M %S %p %a %A %b %B %u %w %F %T %R %s %Z %z %n %t %%`, and `%L` and `%f` for the
/// milliseconds and microseconds. Names are English.
enum TimeFormat {
  struct Fault: Error { let detail: String }

  static let rfc3339 = Array("%Y-%m-%dT%H:%M:%SZ".utf8)

  static func append(_ time: UTCTime, _ format: [UInt8], to output: inout [UInt8]) throws(Fault) {
    if format.count > formatBytesMax {
      throw Fault(detail: "a format of a time is at most \(formatBytesMax) bytes long")
    }
    var rest = format[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        output.append(byte)
        continue
      }
      guard let letter = rest.popFirst() else {
        throw Fault(detail: "the format of a time ends in a `%`; a percent sign is written `%%`")
      }
      guard append(time, directive: Unicode.Scalar(letter), to: &output) else {
        throw Fault(
          detail:
            "`%\(letter < 0x80 ? String(Unicode.Scalar(letter)) : "…")` is no directive of a time's format; there"
            + " are \(directives)")
      }
    }
  }

  private static let formatBytesMax = 4096
  private static let directives =
    "%Y %y %m %d %e %j %H %I %M %S %p %a %A %b %B %u %w %F %T %R %s %L %f %Z %z %n %t %%"
  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]

  /// False when there is no such directive.
  private static func append(_ time: UTCTime, directive: Unicode.Scalar, to output: inout [UInt8]) -> Bool {
    switch directive {
    case "Y": appendNumber(time.year, width: 4, to: &output)
    case "y": appendNumber((time.year % 100 + 100) % 100, width: 2, to: &output)
    case "m": appendNumber(time.month, width: 2, to: &output)
    case "d": appendNumber(time.day, width: 2, to: &output)
    case "e": appendNumber(time.day, width: 2, padding: " ", to: &output)
    case "j": appendNumber(time.dayOfYear, width: 3, to: &output)
    case "H": appendNumber(time.hour, width: 2, to: &output)
    case "I": appendNumber((time.hour + 11) % 12 + 1, width: 2, to: &output)
    case "M": appendNumber(time.minute, width: 2, to: &output)
    case "S": appendNumber(time.second, width: 2, to: &output)
    case "p": output.append(contentsOf: (time.hour < 12 ? "AM" : "PM").utf8)
    case "a": output.append(contentsOf: days[time.weekday].utf8.prefix(3))
    case "A": output.append(contentsOf: days[time.weekday].utf8)
    case "b", "h": output.append(contentsOf: months[time.month - 1].utf8.prefix(3))
    case "B": output.append(contentsOf: months[time.month - 1].utf8)
    case "u": appendNumber((time.weekday + 6) % 7 + 1, width: 1, to: &output)
    case "w": appendNumber(time.weekday, width: 1, to: &output)
    case "s": output.append(contentsOf: String(time.seconds).utf8)
    case "L": appendNumber(time.nanoseconds / 1_000_000, width: 3, to: &output)
    case "f": appendNumber(time.nanoseconds / 1000, width: 6, to: &output)
    case "Z": output.append(contentsOf: "UTC".utf8)
    case "z": output.append(contentsOf: "+0000".utf8)
    case "n": output.append(UInt8(ascii: "\n"))
    case "t": output.append(UInt8(ascii: "\t"))
    case "%": output.append(UInt8(ascii: "%"))
    case "F": append(time, directives: "Y-m-d", to: &output)
    case "T": append(time, directives: "H:M:S", to: &output)
    case "R": append(time, directives: "H:M", to: &output)
    default: return false
    }
    return true
  }

  /// Letters are directives, all else is itself.
  private static func append(_ time: UTCTime, directives: String, to output: inout [UInt8]) {
    for scalar in directives.unicodeScalars {
      if !append(time, directive: scalar, to: &output) { output.append(contentsOf: String(scalar).utf8) }
    }
  }

  private static func appendNumber(
    _ number: Int, width: Int, padding: Character = "0", to output: inout [UInt8]
  ) {
    let digits = String(number.magnitude)
    if number < 0 { output.append(UInt8(ascii: "-")) }
    output.append(contentsOf: String(repeating: padding, count: max(0, width - digits.count)).utf8)
    output.append(contentsOf: digits.utf8)
  }
}
