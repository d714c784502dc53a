#!/bin/bash
# Builds the C programs of the benchmark into the folder FOLDER: load generator, upstream, floors.
#
#   Benchmarks/Envoy/build.sh FOLDER
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"

# Swift's own clang, where it is found; for the same compiler and optimizations on both sides of a comparison.
compiler=$(command -v clang || command -v cc)
compile() {
  "$compiler" -std=c11 -O2 -Wall -Wextra -Werror "$@"
}

for tool in load upstream memory_copy; do compile -o "$out/$tool" "Tools/$tool.c"; done
read -ra nghttp2 <<<"$(pkg-config --cflags --libs libnghttp2)"
compile -o "$out/floor_ext_proc" Floors/floor_ext_proc.c "${nghttp2[@]}"
compile -shared -fPIC -fvisibility=hidden -o "$out/libfloor_nothing.so" Floors/floor_module.c
compile -shared -fPIC -fvisibility=hidden -DBUFFERS_BODY -o "$out/libfloor_buffers.so" Floors/floor_module.c
