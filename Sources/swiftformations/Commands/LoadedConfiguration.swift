import ArgumentParser
import ConfigurationFiles
import Transformation

/// Loads a configuration for a subcommand, and tells what is wrong with it.
enum LoadedConfiguration {
  /// Prints errors and warnings on standard error; with errors, ends the command with status 1.
  static func load(
    _ path: String, secrets: SecretReading = .values
  ) throws -> (configuration: Configuration, name: String) {
    let (file, configuration) = try loadFile(path, secrets: secrets)
    return (configuration, file.name)
  }

  /// The same, with the text and what it says. `isQuiet`: of a file without errors, nothing is printed.
  static func loadFile(
    _ path: String, secrets: SecretReading = .values, headerLimits: HeaderLimits = HeaderLimits(),
    isQuiet: Bool = false
  ) throws -> (file: ConfigurationFile, configuration: Configuration) {
    let file: ConfigurationFile
    do {
      file = try ConfigurationFile.load(path, secrets: secrets, headerLimits: headerLimits)
    } catch {
      Console.write("\(error)\n", to: .error)
      throw ExitCode.failure
    }
    if !isQuiet || file.configuration == nil {
      Console.write(file.report(.terminal(colour: Console.Stream.error.isColourful)), to: .error)
    }
    guard let configuration = file.configuration else { throw ExitCode.failure }
    return (file, configuration)
  }
}

extension Configuration {
  /// The transformation that an option names; without a name the default, or the only one.
  func transformation(_ name: String?) throws -> Transformation {
    let names = transformations.keys.sorted()
    if let name {
      guard let transformation = transformations[name] else {
        throw ValidationError(
          "there is no transformation '\(name)'; there are: \(names.joined(separator: ", "))")
      }
      return transformation
    }
    if let transformation = fallback ?? (names.count == 1 ? transformations.first?.value : nil) {
      return transformation
    }
    guard !names.isEmpty else { throw ValidationError("the file has no transformations") }
    throw ValidationError(
      "no transformation is named 'default'; choose one with --transformation: \(names.joined(separator: ", "))"
    )
  }
}
