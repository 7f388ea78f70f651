# Sourced by demo.sh and tests/run.sh: `need PACKAGE...` installs the packages that are missing. If
# none is missing, it calls only dpkg-query.

need() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup: no apt here, so nothing is installed. Needed, by their Debian names: $*"
    return 0
  fi
  missing=
  for package; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
      echo "setup: missing:$missing. There is no sudo: as root, apt-get install them." >&2
      return 1
    fi
  fi
  echo "setup: installing$missing"
  apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
  if ! $apt update || ! $apt install -y --no-install-recommends $missing >/dev/null; then
    echo "setup: apt-get could not install:$missing" >&2
    return 1
  fi
}

# `need_command COMMAND PACKAGE`: the command may also come from elsewhere.
need_command() { command -v "$1" >/dev/null || need "$2"; }

# What compiles gradus to WebAssembly.
playground_packages="g++ cmake ninja-build libeigen3-dev libfmt-dev nlohmann-json3-dev zopfli
  clang-19 lld-19 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32"
