# Makes the environment .venv for the other scripts (sourced; needs bash).
#
#   environment_make demo|dev    installs what the lock of that name pins; quick when nothing changed
#   esphome_make                 installs esphome in .venv/esphome: its pins and ours do not agree
#   debian_need COMMAND=PACKAGE… installs Debian packages for commands that are missing, when it may
#
# Everything here goes to stderr: stdout belongs to the script that asked.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

say() { printf '%s\n' "$*" >&2; }

die() { # sentence, exit code 3: something outside is missing
  say "$*"
  exit 3
}

# The command that gets root's rights without asking anybody, or nothing.
as_root() {
  if [ "$(id -u)" = 0 ]; then echo env; elif sudo -n true 2>/dev/null; then echo "sudo -n"; fi
}

apt_install() { # packages; returns 1 if it may not or cannot
  local su
  su=$(as_root)
  [ -n "$su" ] && command -v apt-get >/dev/null || return 1
  say "Installing Debian packages: $*"
  local quiet=(-qq -o Dpkg::Use-Pty=0 --no-install-recommends)
  { $su apt-get update -qq &&
    $su env DEBIAN_FRONTEND=noninteractive apt-get install -y "${quiet[@]}" "$@"; } >&2 </dev/null
}

debian_need() { # command=package…
  local pair missing=()
  for pair in "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} = 0 ] && return
  apt_install "${missing[@]}" ||
    die "Missing: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}"
}

python_find() { # the first Python that is new enough; $PYTHON wins
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    echo "$candidate"
    return
  done
  die "Greenlane needs Python 3.11 or later; ${PYTHON:-python3} is not."
}

venv_make() { # python
  "$1" -m venv "$venv" >&2 2>/dev/null && return
  # Debian ships ensurepip in a package of its own.
  local package
  package=$("$1" -c 'import sys; print("python3.%d-venv" % sys.version_info.minor)')
  say "Python's venv module is missing."
  rm -rf "$venv"
  apt_install "$package" && "$1" -m venv "$venv" >&2 && return
  rm -rf "$venv"
  die "Python cannot make an environment in $venv. Install with: sudo apt-get install python3-venv"
}

environment_hash() { # lock file
  cat "$1" "$root/pyproject.toml" <(echo "$root") | sha256sum | cut -d' ' -f1
}

environment_make() { # demo|dev
  local name=$1 lock hash python
  lock="$root/requirements.lock"
  [ "$name" = dev ] && lock="$root/requirements-dev.lock"
  hash=$(environment_hash "$lock")
  # The lock "dev" pins all that "demo" pins, in the same versions.
  if [ "$(cat "$venv/.greenlane-$name" 2>/dev/null)" = "$hash" ] ||
    { [ "$name" = demo ] && [ "$(cat "$venv/.greenlane-dev" 2>/dev/null)" = \
      "$(environment_hash "$root/requirements-dev.lock")" ]; }; then
    [ -x "$venv/bin/python" ] && return
  fi
  [ -w "$root" ] || die "No permission to write in $root, where the environment .venv belongs."
  python=$(python_find) || exit 3
  say "Installing Greenlane's environment in .venv (once) …"
  [ -x "$venv/bin/pip" ] || venv_make "$python"
  local pip=("$venv/bin/python" -m pip --disable-pip-version-check install --quiet --quiet --no-deps)
  "${pip[@]}" --require-hashes --no-compile -r "$lock" >&2 &&
    "${pip[@]}" --no-build-isolation -e "$root" >&2 ||
    die "The environment could not be installed: see the lines above (disk full? no network?)."
  echo "$hash" >"$venv/.greenlane-$name"
}

esphome_make() {
  local place="$venv/esphome" lock="$root/requirements-esphome.lock" hash
  hash=$(environment_hash "$lock")
  [ "$(cat "$place/.greenlane" 2>/dev/null)" = "$hash" ] && return
  say "Installing esphome in .venv/esphome (once) …"
  "$venv/bin/python" -m venv "$place" >&2 &&
    "$place/bin/python" -m pip --disable-pip-version-check install --quiet --quiet --no-deps \
      --require-hashes --no-compile -r "$lock" >&2 ||
    die "esphome could not be installed: see the lines above (disk full? no network?)."
  echo "$hash" >"$place/.greenlane"
}
