# Cuts the cases of Tests/TemplateTests/Cases into seeds: FOLDER/template/N.txt and FOLDER/render/N.txt.
#
#   awk -v folder=FOLDER -f seeds.awk CASES.txt...
FNR == 1 { part = ""; context = "{}" }
/^--- context$/ { part = "context"; next }
/^=== / { part = "template"; template = ""; separator = ""; next }
part == "template" && /^---( error)?$/ {
  number++
  printf "%s", template > (folder "/template/" number ".txt")
  printf "%s\n---\n%s\n---\na=1; b=2", template, context > (folder "/render/" number ".txt")
  close(folder "/template/" number ".txt")
  close(folder "/render/" number ".txt")
  part = ""
  next
}
part == "context" && length($0) { context = $0 }
part == "template" { template = template separator $0; separator = "\n" }
