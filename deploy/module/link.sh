#!/bin/bash
# Links libswiftformations.so, the dynamic module, from what `swift build` compiled, and tells what it needs.
#
#   deploy/module/link.sh BUILD-FOLDER     the folder of `swift build -c release --static-swift-stdlib --show-bin-path`
# With KEEP_SYMBOLS=1 the library in .build/module-symbols, for a profiler, which the names of functions stay in.
#
# The Swift runtime is linked in, and so are libstdc++ and libgcc: the library needs only libc and libm, whatever the
# machine has. Only the hooks are exported, so that nothing in Envoy can meet the runtime's symbols.
set -euo pipefail
cd "$(dirname "$0")/../.."

objects=$1/EnvoyModule.product/Objects.LinkFileList
target=.build/module
symbols=-s
if [ "${KEEP_SYMBOLS:-}" = 1 ]; then
  target=.build/module-symbols
  symbols=-S
fi
library=$target/libswiftformations.so
bytes_max=$((7 << 20))

mkdir -p "$target/static"
# A folder that holds nothing but the static libstdc++ comes first on the search path: -lstdc++ finds that one.
archive=$(clang -print-file-name=libstdc++.a)
[ -e "$archive" ] || { echo "link.sh: there is no libstdc++.a: install libstdc++-dev" >&2; exit 1; }
ln -sf "$archive" "$target/static/libstdc++.a"
clang -c -O2 -fPIC -ffunction-sections deploy/module/left_out.c -o "$target/left_out.o"

# LLD leaves out libstdc++'s use of arc4random, which would need GLIBC 2.36. It folds functions that are the same bytes;
# nothing here compares their addresses. What an exchange runs lies side by side: Envoy's own code fills the processor's
# caches, so that each page less counts. Of what is listed (`make hot-functions`), what is no more is passed over.
swiftc -emit-library -static-stdlib -use-ld=lld -o "$library" "@$objects" "$target/left_out.o" \
  -L "$target/static" -Xclang-linker -static-libgcc \
  -Xlinker --version-script=deploy/module/exports.map -Xlinker -soname=libswiftformations.so \
  -Xlinker --wrap=_swift_stdlib_getScalarName -Xlinker --wrap=_swift_stdlib_getNameAlias \
  -Xlinker --wrap=_swift_stdlib_getAge \
  -Xlinker --gc-sections -Xlinker --icf=all -Xlinker -O2 -Xlinker "$symbols" -Xlinker --build-id \
  -Xlinker --symbol-ordering-file=deploy/module/hot-functions.txt 2>"$target/link.log" ||
  { cat "$target/link.log" >&2; exit 1; }
# What of the list is no more is for deploy/hot-functions.sh.
grep -vE 'symbol ordering file|unable to order' "$target/link.log" >&2 || true

size=$(stat -c %s "$library")
needed=$(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }' | paste -sd ' ')
glibc=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
foreign=$(nm -D --defined-only "$library" | awk '$2 ~ /^[A-Z]$/ && $3 !~ /^envoy_dynamic_module_on_/ { print $3 }')

printf '%s\n' "$PWD/$library"
printf 'size    %s bytes\nneeds   %s\nGLIBC   %s\n' "$size" "$needed" "${glibc#GLIBC_}"
[ -z "$foreign" ] || { printf 'link.sh: exports more than the hooks: %s\n' "$foreign" >&2; exit 1; }
[ "$symbols" = -S ] || [ "$size" -le "$bytes_max" ] || { echo "link.sh: larger than $bytes_max bytes" >&2; exit 1; }
