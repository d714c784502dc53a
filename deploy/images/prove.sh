#!/bin/bash
# Builds both targets of the Dockerfile and runs them as the manifests do, without Docker and without a registry: buildah
# from base images that are made here. Needs root, Debian's buildah and debootstrap, Swift, and Envoy 1.36.4 (make test
# installs it). Takes some twenty minutes and 10 GB.
#
#   deploy/images/prove.sh [FOLDER]      where images are kept; .run/images if not given
#
# What runs is in pod.sh.
#
# The bases are stand-ins: Debian 12 with this machine's Swift for both of Swift's images (so the module is built on
# Debian), and libc and libgcc alone, without a shell, for the distroless ones.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(realpath -m "${1:-.run/images}")
suite=bookworm mirror=http://deb.debian.org/debian
swift=$(dirname "$(dirname "$(dirname "$(realpath "$(command -v swift)")")")")
swift_version=$(sed -n 's/^ARG SWIFT_VERSION=//p' Dockerfile)
envoy_version=$(sed -n 's/^ARG ENVOY_VERSION=//p' Dockerfile)
envoy=.envoy/$envoy_version/envoy

fail() {
  printf 'prove.sh: %s\n' "$*" >&2
  exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'must be root'
for program in buildah debootstrap swift; do command -v "$program" >/dev/null || fail "$program is missing"; done
[ -x "$envoy" ] || fail "no $envoy: deploy/install-dependencies.sh envoy $envoy_version"

b() { buildah --root "$folder/storage" --runroot "$folder/run" "$@"; }
step() { printf '\n==> %s\n' "$*"; }
mkdir -p "$folder"

# import NAME ROOT [CONFIG]... : a folder as an image.
import() {
  local name=$1 root=$2 container
  shift 2
  container=$(b from scratch)
  b copy --quiet "$container" "$root" / >/dev/null
  b config "$@" "$container"
  b commit --quiet --rm "$container" "$name" >/dev/null
}

step 'Base images'
if ! b inspect --type image bases-are-there >/dev/null 2>&1; then
  rm -rf "$folder/debian" "$folder/bare"
  # What Swift's images have, and no more; the Dockerfile's steps install the rest.
  debootstrap --variant=minbase --include=ca-certificates,git,gcc,libc6-dev,libstdc++-12-dev,libcurl4,libedit2,\
libncurses6,libsqlite3-0,libxml2,pkg-config,tzdata,zlib1g-dev "$suite" "$folder/debian" "$mirror" \
    >"$folder/debootstrap.log" 2>&1 || { tail -n 20 "$folder/debootstrap.log" >&2; fail 'debootstrap failed'; }
  mkdir -p "$folder/debian$swift"
  # A git that finds packages elsewhere has it in here.
  [ ! -e /etc/gitconfig ] || cp /etc/gitconfig "$folder/debian/etc/gitconfig"
  path=$swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  for variant in bookworm jammy; do
    import "docker.io/library/swift:$swift_version-$variant" "$folder/debian" --env "PATH=$path"
  done

  mkdir -p "$folder/packages" "$folder/bare"
  (cd "$folder/packages" && apt-get download -qq libc6 libgcc-s1 base-files tzdata)
  for package in "$folder"/packages/*.deb; do dpkg-deb --extract "$package" "$folder/bare"; done
  ln -sfn /run "$folder/bare/var/run"
  [ ! -e "$folder/bare/bin/sh" ] || fail 'the bare image has a shell'
  import gcr.io/distroless/cc-debian12 "$folder/bare"
  du -sb "$folder/bare" | cut -f 1 >"$folder/bare.bytes"

  install -D "$envoy" "$folder/bare/usr/local/bin/envoy"
  import "docker.io/envoyproxy/envoy:distroless-v$envoy_version" "$folder/bare" \
    --entrypoint '["/usr/local/bin/envoy"]' --cmd '-c /etc/envoy/envoy.yaml'
  container=$(b from scratch)
  b commit --quiet --rm "$container" bases-are-there >/dev/null
fi

containers=()
volumes=(--volume "$swift:$swift:ro")
# Where git finds packages, if that is a folder.
for place in $(git config --system --get-regexp '^url\..*\.insteadof$' 2>/dev/null | sed -n 's/^url\.\(\/.*\)\.insteadof .*/\1/p' | sort -u); do
  volumes+=(--volume "$place:$place:ro")
done
for target in sidecar envoy; do
  step "Building the target $target"
  b bud --layers --isolation chroot --format docker --pull-never --target "$target" "${volumes[@]}" --tag "proof-$target" . \
    >"$folder/$target.log" 2>&1 || { tail -n 40 "$folder/$target.log" >&2; fail "the build of $target failed"; }
  printf 'ok  it builds\n'
done

step 'Running both as one pod'
for target in sidecar envoy; do
  b inspect --type image "proof-$target" >"$folder/$target.json"
  container=$(b from --pull-never "proof-$target")
  containers+=("$container")
  b mount "$container" >"$folder/$target.root"
done
trap 'b rm "${containers[@]}" >/dev/null' EXIT
unshare --net --mount --propagation private deploy/images/pod.sh "$folder"
