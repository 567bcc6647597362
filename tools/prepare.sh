# Sourced by tools/run and tools/test: installs what is missing, configures, builds. Everything it says goes to stderr.
set -euo pipefail
umask 022
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/build

# Debian packages, looked at again only when the list has changed.
install_packages() {
  local list=$root/tools/packages.txt stamp=$build/.packages missing sudo=
  if [[ $stamp -nt $list ]]; then return; fi
  if command -v apt-get >/dev/null; then
    missing=$(comm -23 <(sort "$list") \
      <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null | sed -n 's/ installed$//p' | sort -u))
    if [[ -n $missing ]]; then
      if [[ $(id -u) != 0 ]]; then
        sudo=sudo
        command -v sudo >/dev/null || { echo "as root, run: apt-get install" $missing >&2; exit 1; }
      fi
      echo "Installing" $missing >&2
      $sudo apt-get update -qq >&2
      # shellcheck disable=SC2086
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
    fi
  else
    echo "Not Debian: taking for granted what tools/packages.txt lists" >&2
  fi
  touch "$stamp"
}

# build_targets TARGET...: says nothing when there is nothing to do.
build_targets() {
  mkdir -p "$build"
  exec 9>"$build/.lock"
  flock 9
  install_packages
  if [[ ! -e $build/build.ninja ]]; then
    (cd "$root" && cmake --preset release) >"$build/configure.log" 2>&1 9>&- || { cat "$build/configure.log" >&2; exit 1; }
  fi
  { ninja -C "$build" "$@" 2>&1 9>&- || { echo "The build has failed; the reason is above." && exit 1; }; } |
    { grep --line-buffered -vE '^ninja: (no work to do|Entering directory)|Re-checking globbed directories' || true; } >&2
  exec 9>&-
}
