#!/bin/bash
# Builds the benchmark of the module, for Envoy 1.36 and 1.40, and the module that does nothing, the floor of the benchmark
# through Envoy, into .build/cost.
set -euo pipefail
cd "$(dirname "$0")/../.."
host=Tests/ModuleHost folder=.build/cost
mkdir -p "$folder"
# Valgrind does not read all of DWARF 5.
flags=(-std=gnu11 -O2 -flto -gdwarf-4 -Wall -Wextra -Werror -Wno-unused-function -pthread)
for envoy in 13604 14000; do
  clang -fuse-ld=lld "${flags[@]}" -rdynamic -DENVOY="$envoy" -DCHECKS=0 -o "$folder/module-benchmark-$envoy" \
    Benchmarks/Module/module_benchmark.c \
    "$host"/{bytes,headers,bodies,stream_info,observability,module,replies,filter_manager,stream}.c -ldl
done
clang -fuse-ld=lld "${flags[@]}" -shared -fPIC -o "$folder/nothing.so" Benchmarks/Envoy/Floors/floor_module.c
