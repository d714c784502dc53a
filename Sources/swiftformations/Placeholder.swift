@main struct Placeholder { static func main() { print("placeholder") } }
