#!/bin/bash
# Builds the host for each generation of Envoy into a folder: host-13604 for Envoy 1.36.4, and so on.
#
#   build.sh FOLDER [FLAG]...     the flags go to the compiler ($CC, or cc)
#
# Does nothing for a program that is newer than its sources. host-13602 has the other body callbacks of Envoy 1.36.2,
# host-0 nothing but a log; a module must refuse both.
set -euo pipefail
folder=$1
shift
sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
for envoy in 0 13602 13604 13700 13803 13903 14000; do
  program=$folder/host-$envoy
  if [ -x "$program" ] && [ -z "$(find "$sources" -maxdepth 1 -newer "$program" \( -name '*.[ch]' -o -name build.sh \))" ]; then
    continue
  fi
  # Built beside its place and moved there, so that whoever looks finds a whole program.
  "${CC:-cc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-unused-function -rdynamic -pthread -DENVOY="$envoy" "$@" \
    -o "$program.$$" "$sources"/*.c -ldl
  mv -f "$program.$$" "$program"
done
