# shellcheck shell=bash
# What the scripts here and .ci/run share: finding and installing what is missing, and
# building without a word unless something goes wrong. Sourced, never run.

set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
build=${MEMSCOPE_BUILD_DIR:-$root/build}
self=${0##*/}

say() { printf '%s: %s\n' "$self" "$*" >&2; }
die() { say "$*"; exit 1; }

# What is needed for what, how it is recognised, and the package that brings it.
#   cc: compiles a program; cmd:NAME a program; pc:NAME a library known to pkg-config; so:NAME one
#   that is loaded; file:PATH
dependencies() {
    cat <<'TABLE'
# for   check             apt-get             dnf                     pacman
build   cc:               gcc                 gcc                     gcc
build   cc:               libc6-dev           glibc-devel             glibc
build   cmd:pkg-config    pkg-config          pkgconf-pkg-config      pkgconf
build   cmd:meson         meson               meson                   meson
build   cmd:ninja         ninja-build         ninja-build             ninja
build   pc:libsystemd     libsystemd-dev      systemd-devel           systemd-libs
build   pc:ncursesw       libncurses-dev      ncurses-devel           ncurses
build   pc:inih           libinih-dev         inih-devel              libinih
build   pc:json-c         libjson-c-dev       json-c-devel            json-c
build   pc:libcap-ng      libcap-ng-dev       libcap-ng-devel         libcap-ng
build   pc:libseccomp     libseccomp-dev      libseccomp-devel        libseccomp
build   pc:libmicrohttpd  libmicrohttpd-dev   libmicrohttpd-devel     libmicrohttpd
test    pc:cmocka         libcmocka-dev       libcmocka-devel         cmocka
test    pc:vterm          libvterm-dev        libvterm-devel          libvterm
root    cmd:dbus-daemon   dbus                dbus-daemon             dbus
root    file:/lib/systemd/systemd systemd     systemd                 systemd
root    so:libnss_systemd.so.2 libnss-systemd systemd-libs            systemd-libs
ci      cmd:clang         clang               clang                   clang
ci      cmd:valgrind      valgrind            valgrind                valgrind
ci      cmd:prometheus    prometheus          golang-github-prometheus prometheus
lint    cmd:git           git                 git                     git
lint    cmd:clang-format  clang-format        clang-tools-extra       clang
lint    cmd:mandoc        mandoc              mandoc                  mandoc
lint    cmd:shellcheck    shellcheck          ShellCheck              shellcheck
lint    cmd:zsh           zsh                 zsh                     zsh
lint    cmd:fish          fish                fish                    fish
cover   cmd:gcovr         gcovr               gcovr                   gcovr
TABLE
}

package_manager() {
    local manager
    for manager in apt-get dnf pacman; do
        if command -v "$manager" >/dev/null; then
            echo "$manager"
            return
        fi
    done
}

is_present() {
    case $1 in
    cc:) echo '#include <stdio.h>' | cc -x c -fsyntax-only - 2>/dev/null ;;
    cmd:*) command -v "${1#cmd:}" >/dev/null ;;
    file:*) [ -e "${1#file:}" ] ;;
    so:*) /sbin/ldconfig -p | grep -F "${1#so:}" >/dev/null ;;
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    esac
}

# missing_packages MANAGER FOR...: one package a line
missing_packages() {
    local manager=$1 for check apt dnf pacman
    shift
    dependencies | while read -r for check apt dnf pacman; do
        case " $* " in *" $for "*) ;; *) continue ;; esac
        is_present "$check" && continue
        case $manager in
        apt-get) echo "$apt" ;;
        dnf) echo "$dnf" ;;
        pacman) echo "$pacman" ;;
        *) echo "$apt" ;;
        esac
    done | sort -u
}

# quietly WHAT COMMAND...: the command's output is shown only when it fails
quietly() {
    local what=$1 log status=0
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        cat -- "$log" >&2
        rm -f -- "$log"
        die "$what failed (status $status); its output is above"
    fi
    rm -f -- "$log"
}

install_packages() {
    local manager=$1 as_root=()
    shift
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "missing: $*; install them as root (there is no sudo), then try again"
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n)
    fi
    say "to be installed with $manager: $*"
    if [ -t 0 ]; then
        local answer
        read -r -p "$self: go ahead? [y/N] " answer || answer=
        case $answer in [yY]*) ;; *) die "nothing was installed" ;; esac
        # Asked for here, where a password prompt can still be seen.
        [ "${#as_root[@]}" -eq 0 ] || sudo -v || die "nothing was installed"
    fi
    case $manager in
    apt-get)
        as_root+=(env DEBIAN_FRONTEND=noninteractive)
        "${as_root[@]}" apt-get update >/dev/null 2>&1 </dev/null ||
            say "the package lists could not be refreshed; trying with those that are here"
        quietly installing "${as_root[@]}" apt-get install -y --no-install-recommends "$@"
        ;;
    dnf) quietly installing "${as_root[@]}" dnf install -y "$@" ;;
    pacman) quietly installing "${as_root[@]}" pacman -Sy --needed --noconfirm "$@" ;;
    esac
}

# need FOR...: afterwards everything that the dependency table lists for these is there
need() {
    local manager packages
    manager=$(package_manager)
    mapfile -t packages < <(missing_packages "$manager" "$@")
    [ "${#packages[@]}" -gt 0 ] || return 0
    [ -n "$manager" ] ||
        die "missing: ${packages[*]} (Debian's names); no apt-get, dnf or pacman to install them"
    install_packages "$manager" "${packages[@]}"
    mapfile -t packages < <(missing_packages "$manager" "$@")
    [ "${#packages[@]}" -eq 0 ] || die "still missing after installing: ${packages[*]}"
}

# One build at a time in one directory.
lock_build() {
    mkdir -p -- "$build" 2>/dev/null ||
        die "cannot create $build: MEMSCOPE_BUILD_DIR=DIR names another"
    [ -w "$build" ] ||
        die "cannot write to $build, which another user made: MEMSCOPE_BUILD_DIR=DIR names another"
    exec 9>"$build/.lock"
    flock 9
}

unlock_build() { exec 9>&-; }

# configure [OPTION=VALUE]...: sets the build up, or changes these options where they differ
configure() {
    local option changed=()
    if [ ! -f "$build/build.ninja" ]; then
        quietly configuring meson setup "$build" "$root" "${@/#/-D}"
        return
    fi
    for option; do
        grep -qsF "\"name\": \"${option%%=*}\", \"value\": \"${option#*=}\"" \
            "$build/meson-info/intro-buildoptions.json" || changed+=("-D$option")
    done
    [ "${#changed[@]}" -eq 0 ] ||
        quietly configuring meson setup --reconfigure "$build" "$root" "${changed[@]}"
}

# compile TARGET...
compile() { quietly building ninja -C "$build" "$@"; }

# run_tests [MESON TEST ARGUMENT]...: the last line counts the test cases. Most tests wait for a
# second to pass, so more run at a time than there are processors.
run_tests() {
    local status=0
    rm -f -- "$build/meson-logs/testlog.json"
    meson test -C "$build" --no-rebuild --print-errorlogs \
        --num-processes "$(($(nproc) * 3))" "$@" || status=$?
    python3 "$root/scripts/count_tests.py" "$build/meson-logs/testlog.json" || status=1
    return "$status"
}
