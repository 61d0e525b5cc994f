"""What a server's processes used, as the kernel counts it."""

import contextlib
import os
import time
from pathlib import Path


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu(root: int) -> float:
    """Seconds of user and system time of the process tree so far, those of its ended threads included.

    The kernel's clock of each process (clock_getcpuclockid(3)): the same sum as utime + stime in /proc/PID/stat, but in nanoseconds
    instead of ticks of 10 ms.
    """
    total = 0.0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            total += time.clock_gettime((~pid << 3) | 2)
    return total


def memory(root: int) -> tuple[int, int]:
    """Bytes of the process tree: proportional set size and resident set size. What the kernel holds for its sockets is not in them."""
    found = {"Pss:": 0, "Rss:": 0}
    for pid in tree(root):
        with contextlib.suppress(OSError):
            for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, *rest = row.split()
                if name in found:
                    found[name] += int(rest[0]) * 1024
    return found["Pss:"], found["Rss:"]


def load() -> float:
    """The machine's load of the last minute: what else runs makes figures worse."""
    return os.getloadavg()[0]
