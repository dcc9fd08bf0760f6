"""The monitors that memscope is measured beside, with a refresh of one second, and what a program
costs."""

import os
import shutil
from typing import NamedTuple

ARROWS = (b"\x1bOB",) * 5 + (b"\x1bOA",) * 5


class Monitor(NamedTuple):
    """Its command line; the keys to measure, which change the order where there is no cursor; and
    those that bring the list of processes."""

    argv: list
    keys: tuple = ARROWS
    first: bytes = b""


def cgroup2_root():
    with open("/proc/mounts", encoding="utf-8") as mounts:
        fields = (line.split() for line in mounts)
        return next((f[1] for f in fields if f[2] == "cgroup2"), "/sys/fs/cgroup")


def below(directory, *command):
    """With what it writes kept apart from the records of this host."""
    settings = os.path.join(directory, "below.conf")
    with open(settings, "w", encoding="utf-8") as f:
        print(f'log_dir = "{directory}/below"', f'store_dir = "{directory}/below/store"',
              f'cgroup_root = "{cgroup2_root()}"', sep="\n", file=f)
    return ["below", "--config", settings, *command, "--interval-s", "1"]


def installed(directory):
    """Those that have a screen, by name, and says which are missing."""
    arrows = tuple(key.replace(b"O", b"[") for key in ARROWS)
    monitors = {
        "htop": Monitor(["htop", "-d", "10"]),
        "btop": Monitor(["btop", "--utf-force"]),
        "top": Monitor(["top", "-d", "1"], keys=(b"M", b"P")),
        "atop": Monitor(["atop", "1"], keys=(b"m", b"g")),
        "below": Monitor(below(directory, "live"), keys=arrows, first=b"p"),
    }
    missing = [name for name in monitors if not shutil.which(name)]
    if missing:
        print("not installed, so not measured:", ", ".join(missing), flush=True)
    return {name: m for name, m in monitors.items() if name not in missing}


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return next((int(line.split()[1]) for line in f if line.startswith("VmRSS")), 0)
