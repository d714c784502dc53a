#!/bin/bash
# Links the sidecar's binary from what `swift build` compiled, so that it needs only libc, libm and libgcc_s (which libc
# itself loads when a thread ends), whatever else the machine has: it runs on a bare image.
#
#   deploy/sidecar/link.sh BUILD-FOLDER    the folder of `swift build -c release --static-swift-stdlib --show-bin-path`
# With KEEP_SYMBOLS=1 the binary in .build/sidecar-symbols, for a profiler, which the names of functions stay in.
# Prints the binary's path.
set -euo pipefail
cd "$(dirname "$0")/../.."

objects=$1/swiftformations.product/Objects.LinkFileList
target=.build/sidecar
symbols=-s
if [ "${KEEP_SYMBOLS:-}" = 1 ]; then
  target=.build/sidecar-symbols
  symbols=-S
fi
binary=$target/swiftformations
bytes_max=$((60 << 20))

mkdir -p "$target/static"
# This folder comes first on the search path and holds nothing but archives, so that these are what is linked.
link_archive() {
  local file
  file=$(clang -print-file-name="$1")
  [ -e "$file" ] || { echo "link.sh: there is no $1: install $3" >&2; exit 1; }
  ln -sf "$file" "$target/static/$2"
}
link_archive libnghttp2.a libnghttp2.a libnghttp2-dev
link_archive libprotobuf-c.a libprotobuf-c.a libprotobuf-c-dev
link_archive libstdc++.a libstdc++.a libstdc++-dev

# Foundation's ICU, by the name that this Swift's version of it has.
libraries=$(dirname "$(dirname "$(command -v swiftc)")")/lib/swift_static/linux
data=$(nm --defined-only "$libraries/lib_FoundationICU.a" 2>/dev/null | grep -oE 'icudt[0-9]+_dat$' | sort -u | head -n 1 || true)
parts=()
if [ -n "$data" ]; then
  clang -c -O2 "-DICU_DATA=$data" deploy/sidecar/no_locales.c -o "$target/no_locales.o"
  parts+=("$target/no_locales.o")
fi

# LLD leaves out libstdc++'s use of arc4random, which would need GLIBC 2.36. What an exchange runs lies side by side, of what
# is listed and still there (`make hot-functions`).
swiftc -emit-executable -static-stdlib -use-ld=lld -o "$binary" "@$objects" "${parts[@]}" \
  -L "$target/static" -lnghttp2 -lprotobuf-c \
  -Xlinker --defsym -Xlinker main=swiftformations_main \
  -Xlinker --gc-sections -Xlinker --icf=safe -Xlinker -O2 -Xlinker "$symbols" -Xlinker --build-id \
  -Xlinker --symbol-ordering-file=deploy/sidecar/hot-functions.txt 2>"$target/link.log" ||
  { cat "$target/link.log" >&2; exit 1; }
# What of the list is no more is for deploy/hot-functions.sh.
grep -vE 'symbol ordering file|unable to order' "$target/link.log" >&2 || true

foreign=$(objdump -p "$binary" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|libgcc_s|ld-linux.*)\.so/ { print $2 }')
[ -z "$foreign" ] || { printf 'link.sh: needs more than libc, libm and libgcc_s: %s\n' "$foreign" >&2; exit 1; }
[ "$symbols" = -S ] || [ "$(stat -c %s "$binary")" -le "$bytes_max" ] || { echo "link.sh: larger than $bytes_max bytes" >&2; exit 1; }
printf '%s\n' "$PWD/$binary"
