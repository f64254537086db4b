# What the scripts share. Read with: source "$(dirname "$0")/lib.sh"
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "scripts/$(basename "$0")" "$*" >&2; exit 1; }

is_debian() { [ -r /etc/os-release ] && (. /etc/os-release; [[ " ${ID:-} ${ID_LIKE:-} " == *" debian "* ]]); }

# A cmake or ninja in front of the distribution's can be a stub whose program is gone.
find_cmake() { { cmake --version && ninja --version; } &>/dev/null || PATH=/usr/bin:$PATH; }

# configure FOLDER PRESET [cmake argument...]: with Ninja. A folder that another cmake, generator or place made is made anew: its cache
# would be refused or, worse, half obeyed.
configure() {
  local folder=$1 preset=$2 cache=$1/CMakeCache.txt version
  shift 2
  if [ -e "$cache" ]; then
    version=$(cmake --version | sed -n '1s/^cmake version \([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*/\1 \2 \3/p')
    local made_by
    made_by=$(for part in MAJOR MINOR PATCH; do sed -n "s/^CMAKE_CACHE_${part}_VERSION:INTERNAL=//p" "$cache"; done | paste -sd ' ')
    if [ "$made_by" != "$version" ] || ! grep -qx 'CMAKE_GENERATOR:INTERNAL=Ninja' "$cache" || ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
      rm -rf "$folder"
    fi
  fi
  cmake --preset "$preset" -B "$folder" -G Ninja "$@"
}
