# shellcheck shell=bash disable=SC2034,SC2317 # used by those who include it; called through ok()
# What the scripts beside it share: test cases in TAP, and questions to the service. They are run by
# `run`, inside, with the paths of the programs that it was given.

probe=$1 inject=$2 hear=$3 leak_test=$4
socket=/run/memscope/memscoped.sock
PATH=/usr/local/bin:$PATH # where it was installed
count=0 failed=0

# ok NAME COMMAND...: a test case; what the command says is told where it fails.
ok() {
    local name=$1 said
    shift
    count=$((count + 1))
    if said=$("$@" 2>&1); then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        printf '%s\n' "$said" | sed 's/^/# /'
        journalctl -b -u memscoped -n 15 --no-pager -o cat 2>&1 | sed 's/^/# journal: /'
        failed=1
    fi
}

# skip NAME WHY
skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

ends() {
    echo "1..$count"
    exit $failed
}

# grep for the end of a pipe: it reads all of it, so that who writes is not told off.
finds() { grep "$@" >/dev/null; }
property() { systemctl show -P "$1" memscoped.service; }
status_field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(property MainPID)/status"; }
as() { runuser -u "$1" -- "${@:2}"; }
# behind USER COMMAND...: in the background; $! is the command itself.
behind() { setpriv --reuid "$1" --regid "$1" --init-groups -- "${@:2}" >/dev/null 2>&1 & }
field() { sed -n "s/.*\b$1=\([0-9]*\).*/\1/p"; }

# until_true COMMAND...: soon, or what a slow host takes for it.
until_true() { within 60 "$@"; }
# within SECONDS COMMAND...
within() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "never true: $*"; return 1; }
        sleep 0.1
    done
}

# same NAME EXPECTED FOUND
same() { [ "$2" = "$3" ] || { echo "$1: expected '$2', found '$3'"; return 1; }; }

# So many seconds, and looks of the daemon's after them; where memory is in motion, it looks more often.
passes() { sleep "$1" && "$probe" "$socket" 3 >/dev/null; }

is_active() { systemctl is-active --quiet memscoped.service; }
main_pid_changed() { [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" -gt 1 ] && is_active; }
said() { journalctl -b -u memscoped --no-pager -o cat | finds -F -- "$1"; }

# A client with this PID is there.
attached() { memscope status --json | finds "\"pid\":$1,"; }

# How many seconds of the system's past a viewer is shown.
past() { "$probe" "$socket" 1 | field history; }
enough_past() { [ "$(past)" -ge 10 ]; }

socket_activation() {
    systemctl enable --now --quiet memscoped.socket || return
    systemctl is-active --quiet memscoped.service && { echo "active before anybody came"; return 1; }
    same "socket mode" 666 "$(stat -c %a "$socket")" || return
    "$probe" "$socket" 1 || return
    is_active
}

# 3: a thread did not wait just then.
inject() {
    local tries=20 status
    while "$inject" "$1" >/run/said 2>&1; status=$?; [ "$status" -eq 3 ] && [ $((tries -= 1)) -gt 0 ]; do
        sleep 0.3
    done
    cat /run/said
    return "$status"
}

bus() { busctl --timeout=60 "$1" org.memscope1 /org/memscope1 org.memscope1 "${@:2}"; }
answers() { bus get-property Version >/run/bus 2>&1; }

ask() { as "$1" busctl --timeout=60 call org.memscope1 /org/memscope1 org.memscope1 "${@:2}"; }

# examples PAGE: what the manual shows, as root would type it
examples() {
    local page=/usr/local/share/man/man${1##*.}/$1 line lines
    mapfile -t lines < <(sed -n '/^\.nf/,/^\.fi/{/^\./!p}' "$page")
    [ "${#lines[@]}" -gt 0 ] || { echo "no examples in $page"; return 1; }
    for line in "${lines[@]}"; do
        echo "$line"
        timeout 60 bash -c "$line" || return
    done
}
