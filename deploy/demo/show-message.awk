# Prints an HTTP message for reading: header names in lower case, a JSON body indented. With two files, the second
# is printed with what differs from the first in the margin: "-" was there before, "+" is new.
#
#   awk -v colour=1 -f show-message.awk [BEFORE] MESSAGE
#
# Only layout is changed: strings and numbers keep their spelling, members their order. Headers are compared by name
# and value, whatever their order; the body line by line, and a comma at the end of a line does not count.

FNR == 1 { file++; part = "head"; body = "" }
{ sub(/\r$/, "") }
part == "head" && $0 == "" { part = "body"; next }
part == "head" { heads[file, ++head_count[file]] = FNR == 1 ? $0 : lower_name($0); next }
{ bodies[file] = bodies[file] (bodies[file] == "" ? "" : "\n") $0 }

END {
  for (f = 1; f <= file; f++) lay_out(f)
  if (file == 1) {
    for (i = 1; i <= head_count[1]; i++) show(" ", heads[1, i])
    show(" ", "")
    for (i = 1; i <= line_count[1]; i++) show(" ", lines[1, i])
  } else {
    compare_heads()
    show(" ", "")
    compare_bodies()
  }
}

function show(mark, text) {
  if (mark == "+" && colour) printf "  \033[32m%s %s\033[0m\n", mark, text
  else if (mark == "-" && colour) printf "  \033[31m%s %s\033[0m\n", mark, text
  else if (text == "") print ""
  else printf "  %s %s\n", mark, text
}

function name_of(line) { return substr(line, 1, index(line, ":") - 1) }

function lower_name(line) { return tolower(name_of(line)) substr(line, index(line, ":")) }

# The start line is compared like a header. A header whose value changed stands under its old self.
function compare_heads(   i, j, line, name) {
  for (i = 1; i <= head_count[1]; i++) remaining[heads[1, i]]++
  for (i = 1; i <= head_count[2]; i++) {
    line = heads[2, i]
    if (remaining[line] > 0) { remaining[line]--; kept[i] = 1 }
  }
  for (i = 1; i <= head_count[2]; i++) {
    line = heads[2, i]
    if (kept[i]) { show(" ", line); continue }
    name = i == 1 ? "" : name_of(line)
    for (j = 1; j <= head_count[1]; j++)
      if (remaining[heads[1, j]] > 0 && (j == 1 ? "" : name_of(heads[1, j])) == name) gone(heads[1, j])
    show("+", line)
  }
  for (j = 1; j <= head_count[1]; j++)
    if (remaining[heads[1, j]] > 0) gone(heads[1, j])
}

function gone(line) { remaining[line]--; show("-", line) }

# By the longest common subsequence of lines.
function compare_bodies(   i, j, n, m, longest) {
  n = line_count[1]; m = line_count[2]
  for (i = n; i >= 1; i--)
    for (j = m; j >= 1; j--)
      longest[i, j] = same(i, j) ? longest[i + 1, j + 1] + 1 : max(longest[i + 1, j], longest[i, j + 1])
  i = j = 1
  while (i <= n || j <= m) {
    if (i <= n && j <= m && same(i, j)) { show(" ", lines[2, j]); i++; j++ }
    else if (i <= n && (j > m || longest[i + 1, j] + 0 >= longest[i, j + 1] + 0)) show("-", lines[1, i++])
    else show("+", lines[2, j++])
  }
}

function same(i, j) { return without_comma(lines[1, i]) == without_comma(lines[2, j]) }

function without_comma(line) { sub(/,$/, "", line); return line }

function max(a, b) { return a + 0 > b + 0 ? a + 0 : b + 0 }

# Splits a body into lines; what starts like a JSON object or array is indented first.
function lay_out(f,   text) {
  text = bodies[f]
  if (text ~ /^[ \t\n]*[{[]/) text = indented(text)
  line_count[f] = text == "" ? 0 : split_lines(f, text)
}

function split_lines(f, text,   n, i, pieces) {
  n = split(text, pieces, "\n")
  for (i = 1; i <= n; i++) lines[f, i] = pieces[i]
  return n
}

function indented(text,   i, n, c, out, depth, in_string, closing) {
  n = length(text)
  for (i = 1; i <= n; i++) {
    c = substr(text, i, 1)
    if (in_string) {
      out = out c
      if (c == "\\") out = out substr(text, ++i, 1)
      else if (c == "\"") in_string = 0
    } else if (c == "\"") {
      out = out c
      in_string = 1
    } else if (c == "{" || c == "[") {
      closing = match(substr(text, i + 1), /^[ \t\r\n]*[]}]/) ? RLENGTH : 0
      # Nothing inside: both brackets on one line.
      if (closing) { out = out c substr(text, i + closing, 1); i += closing }
      else out = out c "\n" spaces(++depth)
    } else if (c == "}" || c == "]") {
      out = out "\n" spaces(--depth) c
    } else if (c == ",") {
      out = out ",\n" spaces(depth)
    } else if (c == ":") {
      out = out ": "
    } else if (c !~ /[ \t\r\n]/) {
      out = out c
    }
  }
  return out
}

function spaces(depth) { return sprintf("%" 2 * depth "s", "") }
