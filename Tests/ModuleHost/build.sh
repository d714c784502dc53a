#!/bin/bash
# Builds the host for each generation of Envoy into a folder: host-13604 for Envoy 1.36.4, and so on.
#
#   build.sh FOLDER [FLAG]...     the flags go to the compiler, the clang that comes with Swift
#
# Does nothing for a program that is newer than its sources. host-13602 has the other body callbacks of Envoy 1.36.2,
# host-0 nothing but a log; a module must refuse both. probe-13604.so and so on are modules to test the host with.
set -euo pipefail
folder=$1
shift
sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"

# compile RESULT SOURCES FLAG... : made beside its place and moved there, so that whoever looks finds it whole.
compile() {
  local result=$1 wanted=$2
  shift 2
  # shellcheck disable=SC2086 # a list of files
  if [ -e "$result" ] && [ -z "$(find $wanted "$sources/abi.h" "$sources/host.h" "$0" -newer "$result")" ]; then return; fi
  # shellcheck disable=SC2086
  clang -fuse-ld=lld -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-unused-function -pthread "$@" -o "$result.$$" $wanted -ldl
  mv -f "$result.$$" "$result"
}

for envoy in 0 13602 13604 13700 13803 13903 14000; do
  compile "$folder/host-$envoy" "$(echo "$sources"/*.c)" -rdynamic -DENVOY="$envoy" "$@"
  if [ "$envoy" -lt 13604 ]; then continue; fi
  compile "$folder/probe-$envoy.so" "$sources/Probe/probe.c" -shared -fPIC -DENVOY="$envoy" "$@"
done
