#!/bin/sh
# Sets up all that the films and the tests need, and does nothing where nothing is missing: the
# system packages (Debian, Ubuntu and their kin; elsewhere it says what to install) and a virtual
# environment in .venv. `make` calls it before every target that needs it.
#
#   PYTHON=python3.12   the Python, 3.11 or newer, that .venv is made with
#   UNFOLD_APT=no       never install system packages: say what is missing and stop
set -eu
cd "$(dirname "$0")"
here=$(pwd -P)
stamp=.venv/unfold-is-set-up
log=''
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*"; }
fail() {
    printf '\nsetup: %s\n' "$*" >&2
    exit 1
}

# What is missing on this system: Debian's package names, and the same in words.
packages=''
things=''
lacks() {
    packages="$packages $1"
    things="$things${things:+, }$2"
}

is_mac() { [ "$(uname -s)" = Darwin ]; }

check_libraries() {
    is_mac && return # OpenGL is part of macOS
    libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>&1) || libraries=
    has_library() { case $libraries in *"$1"*) ;; *) return 1 ;; esac; }
    has_library libEGL.so.1 || lacks libegl1 "the EGL library"
    has_library libGL.so.1 || lacks libgl1 "the OpenGL library"
    for driver in /usr/lib/dri/*_dri.so /usr/lib64/dri/*_dri.so /usr/lib/*/dri/*_dri.so \
        /usr/share/glvnd/egl_vendor.d/*nvidia*.json; do
        [ -e "$driver" ] && return
    done
    lacks libgl1-mesa-dri "an OpenGL driver (Mesa)"
}

# pycairo and manimpango are compiled on the spot: there are no ready-made ones for Linux.
check_build_tools() {
    command -v cc >/dev/null || lacks gcc "a C compiler"
    # gcc alone, as Debian's minimal images have it, brings no headers of the C library
    is_mac || [ -e /usr/include/stdlib.h ] || lacks libc6-dev "the headers of the C library"
    if command -v pkg-config >/dev/null; then
        pkg-config --exists cairo || lacks libcairo2-dev "the headers of cairo"
        pkg-config --exists pangocairo || lacks libpango1.0-dev "the headers of Pango"
    else
        lacks "pkg-config libcairo2-dev libpango1.0-dev" "pkg-config with the headers of cairo and Pango"
    fi
    "$python" -c 'import os, sysconfig as s; os.stat(s.get_path("include") + "/Python.h")' 2>/dev/null ||
        lacks "${python##*/}-dev" "the headers of Python"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || lacks "${python##*/}-venv" "Python's venv module"
}

find_python() {
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    found=$("${PYTHON:-python3}" --version 2>&1) || found="no ${PYTHON:-python3}"
    fail "Python 3.11 or newer is needed, and found was $found." \
        "Install a newer one, or name it: PYTHON=/path/to/python3.12 make demo"
}

is_full() { # is a file system that set-up writes to full (less than 50 MB left)?
    df -Pk . "${TMPDIR:-/tmp}" /var/cache 2>/dev/null | awk 'NR > 1 && $4 < 51200 { full = 1 } END { exit !full }'
}

give_up() { # $1: what failed. Names the cause where the log knows it, else shows the log's end.
    if is_full || grep -q 'No space left on device' "$log"; then
        fail "$1: the disk is full. Set-up needs about 1.5 GB in $here and in ${TMPDIR:-/tmp}. Make room and run this again."
    elif grep -qE 'Temporary failure|NewConnectionError|Failed to establish|ConnectTimeout|ReadTimeout|Connection (refused|reset|timed out)|Could not (connect|resolve)|ProxyError|SSLError|No matching distribution|Unable to locate package' "$log"; then
        fail "$1: the packages could not be fetched. Check the network (and the proxy, if there is one) and run this again."
    fi
    tail -n 20 "$log" >&2
    fail "$1; the reason is in the lines above. Mend it and run this again."
}

install_packages() { # installs $packages, or says what to install and stops
    if ! command -v apt-get >/dev/null; then
        names="the packages that hold it"
        command -v brew >/dev/null && names="brew install pkgconf cairo pango"
        command -v dnf >/dev/null && names="sudo dnf install gcc python3-devel pkgconf-pkg-config cairo-devel pango-devel libglvnd-egl libglvnd-glx mesa-libEGL mesa-dri-drivers"
        command -v pacman >/dev/null && names="sudo pacman -S --needed gcc pkgconf cairo pango libglvnd mesa"
        fail "missing on this system: $things. Install with: $names"
    fi

    line="apt-get install --no-install-recommends$packages"
    if [ "$(id -u)" = 0 ]; then
        as_root=''
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        fail "system packages are missing, and only an administrator can install them. Ask for this line to be run: $line"
    fi
    if [ "${UNFOLD_APT:-}" = no ]; then
        fail "system packages are missing, and UNFOLD_APT=no forbids to install them. The line to run: ${as_root:+sudo }$line"
    fi

    say "These system packages are missing and will now be installed${as_root:+ with sudo}:" \
        "${packages# }. With what they depend on that is at most 150 MB to fetch and 570 MB on disk." \
        "To refuse, press Ctrl-C now, or run with UNFOLD_APT=no." | fold -s -w 100
    [ ! -t 0 ] || sleep 5

    $as_root true || fail "sudo did not allow it. Ask an administrator for this line to be run: $line"
    # An earlier run that was interrupted may have left packages half configured.
    $as_root dpkg --configure -a >>"$log" 2>&1 || give_up "dpkg --configure -a failed"
    # One broken source among many must not stop this: the install says whether it matters.
    $as_root apt-get update >>"$log" 2>&1 || say "apt-get update had errors; going on with the lists there are."
    # shellcheck disable=SC2086 # one word per package
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages \
        >>"$log" 2>&1 </dev/null || give_up "the system packages could not be installed"
    say "System packages: done."
}

# The environment is ready when its stamp, written last of all, names this recipe, this folder and this
# Python: a virtual environment survives neither a move nor a new Python under it.
recipe() { echo "$(cat pyproject.toml constraints.txt | cksum) $here $(readlink -f .venv/bin/python)"; }
ready() { [ -x .venv/bin/python ] && [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$(recipe)" ]; }

show_progress() { # reads what pip says; shows what it is at, in lines of a readable width
    width=0
    while read -r verb words; do
        case "$verb $words" in
            "Collecting "*) name=${words%%[!A-Za-z0-9._-]*} ;;
            "Building wheel for "*started) name="(compiling ${words#wheel for }" name="${name%% (pyproject*})" ;;
            "Installing collected packages"*) name="(installing all)" ;;
            *) continue ;;
        esac
        width=$((width + 1 + ${#name}))
        [ $width -le 96 ] || { echo && width=${#name}; }
        printf ' %s' "$name"
    done
    echo
}

make_environment() {
    rm -f "$stamp"
    if ! { grep -qF "$here/.venv" .venv/pyvenv.cfg && .venv/bin/python -m pip --version; } >/dev/null 2>&1; then
        say "Making the virtual environment .venv with $("$python" --version)."
        "$python" -m venv --clear .venv >"$log" 2>&1 || give_up "the virtual environment could not be made"
    fi
    say "Installing the Python packages that are missing; the first time takes some minutes:"
    # pip's full story goes to the log and the names of the packages to the screen. A pipe has the
    # exit status of its last command, so pip's own travels as the last line.
    {
        PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --progress-bar off \
            --constraint constraints.txt --editable '.[dev]' 2>&1 </dev/null && echo "pip: done" || echo "pip: failed"
    } | tee "$log" | show_progress
    [ "$(tail -n 1 "$log")" = "pip: done" ] || give_up "the Python packages could not be installed"
    recipe >"$stamp.new"
    mv "$stamp.new" "$stamp"
    say "Set-up is done. To start over, delete the folder .venv."
}

check_libraries
if ready && [ -z "$packages" ]; then
    exit 0
fi
log=$(mktemp) || fail "no temporary file could be made in ${TMPDIR:-/tmp}: is the disk full?"
find_python
ready || check_build_tools
if [ -n "$packages" ]; then
    install_packages
fi
ready || make_environment
