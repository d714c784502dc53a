#!/bin/bash
# Links the sidecar's binary or the dynamic module from what `swift build` compiled, and prints its path.
#
#   deploy/link.sh sidecar|module BUILD-FOLDER
#                      the folder of `swift build -c release --static-swift-stdlib --show-bin-path`
# With KEEP_SYMBOLS=1 in .build/sidecar-symbols or .build/module-symbols, for a profiler, which the names of functions
# stay in.
#
# The Swift runtime is linked in, and so are libstdc++ and what else is not on every machine. The sidecar needs only libc,
# libm and libgcc_s (which libc itself loads when a thread ends): it runs on a bare image. The module, libswiftformations.so,
# needs only libc and libm, and says what it needs; only its hooks are exported, so that nothing in Envoy can meet the
# runtime's symbols.
set -euo pipefail
cd "$(dirname "$0")/.."

part=$1 build=$2
target=.build/$part
symbols=-s
if [ "${KEEP_SYMBOLS:-}" = 1 ]; then
  target=.build/$part-symbols
  symbols=-S
fi
mkdir -p "$target/static"

fail() {
  printf 'link.sh: %s\n' "$*" >&2
  exit 1
}

# link_archive FILE PACKAGE: the folder comes first on the search path and holds nothing but archives, so that these are
# what is linked.
link_archive() {
  local file
  file=$(clang -print-file-name="$1")
  [ -e "$file" ] || fail "there is no $1: install $2"
  ln -sf "$file" "$target/static/$1"
}

# link RESULT PRODUCT FLAG...: LLD leaves out libstdc++'s use of arc4random, which would need GLIBC 2.36. What an exchange
# runs lies side by side, since Envoy's own code fills the processor's caches, so that each page less counts. What the list
# (`make hot-functions`) has and the program has not is in link.log, for deploy/hot-functions.sh.
link() {
  local result=$1 product=$2
  shift 2
  swiftc -static-stdlib -use-ld=lld -o "$result" "@$build/$product.product/Objects.LinkFileList" "$@" \
    -Xlinker --gc-sections -Xlinker -O2 -Xlinker "$symbols" -Xlinker --build-id \
    -Xlinker --symbol-ordering-file="deploy/$part/hot-functions.txt" 2>"$target/link.log" ||
    { cat "$target/link.log" >&2; exit 1; }
  grep -vE 'symbol ordering file|unable to order' "$target/link.log" >&2 || true
}

# check_size RESULT MIB: with symbols it may be as large as it likes.
check_size() {
  [ "$symbols" = -S ] || [ "$(stat -c %s "$1")" -le $(($2 << 20)) ] || fail "larger than $2 MiB"
}

link_sidecar() {
  local binary=$target/swiftformations libraries data foreign parts=()
  link_archive libnghttp2.a libnghttp2-dev
  link_archive libprotobuf-c.a libprotobuf-c-dev
  # Foundation's ICU, by the name that this Swift's version of it has.
  libraries=$(dirname "$(dirname "$(command -v swiftc)")")/lib/swift_static/linux
  data=$(nm --defined-only "$libraries/lib_FoundationICU.a" 2>/dev/null | grep -oE 'icudt[0-9]+_dat$' | sort -u | head -n 1 || true)
  if [ -n "$data" ]; then
    clang -c -O2 "-DICU_DATA=$data" deploy/sidecar/no_locales.c -o "$target/no_locales.o"
    parts+=("$target/no_locales.o")
  fi
  # The linker warns of Foundation's mktemp, which is not ours; the warning is the only output that is dropped.
  link "$binary" swiftformations -emit-executable "${parts[@]}" -L "$target/static" -lnghttp2 -lprotobuf-c \
    -Xlinker --defsym -Xlinker main=swiftformations_main -Xlinker --icf=safe
  foreign=$(objdump -p "$binary" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|libgcc_s|ld-linux.*)\.so/ { print $2 }')
  [ -z "$foreign" ] || fail "needs more than libc, libm and libgcc_s: $foreign"
  check_size "$binary" 60
  printf '%s\n' "$PWD/$binary"
}

link_module() {
  local library=$target/libswiftformations.so needed glibc foreign
  clang -c -O2 -fPIC -ffunction-sections deploy/module/left_out.c -o "$target/left_out.o"
  # Functions that are the same bytes are folded; nothing here compares their addresses.
  link "$library" EnvoyModule -emit-library "$target/left_out.o" -L "$target/static" -Xclang-linker -static-libgcc \
    -Xlinker --version-script=deploy/module/exports.map -Xlinker -soname=libswiftformations.so \
    -Xlinker --wrap=_swift_stdlib_getScalarName -Xlinker --wrap=_swift_stdlib_getNameAlias \
    -Xlinker --wrap=_swift_stdlib_getAge -Xlinker --icf=all
  needed=$(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }' | paste -sd ' ')
  glibc=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
  foreign=$(nm -D --defined-only "$library" | awk '$2 ~ /^[A-Z]$/ && $3 !~ /^envoy_dynamic_module_on_/ { print $3 }')
  printf '%s\n' "$PWD/$library"
  printf 'size    %s bytes\nneeds   %s\nGLIBC   %s\n' "$(stat -c %s "$library")" "$needed" "${glibc#GLIBC_}"
  [ -z "$foreign" ] || fail "exports more than the hooks: $foreign"
  check_size "$library" 8
}

link_archive libstdc++.a libstdc++-dev
case $part in
  sidecar | module) "link_$part" ;;
  *) fail "there is no $part to link" ;;
esac
