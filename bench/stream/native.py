"""The C parts: compiled when a measurement first needs them, and the driver as Python calls it."""

import ctypes
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
BUILD: Final = HERE.parents[1] / "build" / "bench-stream"
FLAGS: Final = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]


def compiled(source: str, *flags: str) -> Path:
    """The program made of `source`, made anew if it is older; raises `CalledProcessError` or `FileNotFoundError` without a compiler."""
    BUILD.mkdir(parents=True, exist_ok=True)
    code, made = HERE / source, BUILD / Path(source).stem
    if not made.exists() or made.stat().st_mtime < code.stat().st_mtime:
        part = made.with_suffix(".part")
        subprocess.run(["cc", *FLAGS, *flags, "-o", part, code], check=True)
        part.rename(made)
    return made


class _Post(ctypes.Structure):
    _fields_ = [
        ("sender", ctypes.c_int32),
        ("group", ctypes.c_int32),
        ("due", ctypes.c_int64),
        ("data", ctypes.c_char_p),
        ("size", ctypes.c_int64),
    ]


class _Result(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int64) for name in ("delivered", "doubled", "strays", "closed", "unsent", "bytes", "took")
    ]


@dataclass(frozen=True, slots=True)
class Post:
    """One message: the index of its sender's connection, the group that gets it, its bytes, and when it is due (s after the start)."""

    sender: int
    group: int
    due: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Driven:
    """What became of some posts."""

    expected: int
    delivered: int
    doubled: int
    strays: int
    closed: int
    unsent: int
    size: int
    """Bytes read."""
    seconds: float
    """Until the last delivery."""
    latencies: Sequence[int]
    """µs of each delivery, from when its message was due."""

    @property
    def exact(self) -> bool:
        """Every message reached every receiver once, and nothing else came."""
        return self.delivered == self.expected and not (self.doubled or self.strays or self.closed or self.unsent)

    def faults(self) -> str:
        """What was wrong."""
        names = ("expected", "delivered", "doubled", "strays", "closed", "unsent")
        return ", ".join(f"{name} {getattr(self, name)}" for name in names)


def drive(
    fds: list[int], groups: list[int], posts: list[Post], first: int, needle: bytes, digits_at: int, longest: float
) -> Driven:
    """Sends the posts and counts their deliveries on the connections, for at most `longest` seconds.

    `groups[i]` is the group of connection `fds[i]`. The post with index n carries the number `first + n`, `digits_at` bytes after the start
    of the needle. Raises `KeyboardInterrupt` if a signal came.
    """
    library = ctypes.CDLL(str(compiled("driver.c", "-shared", "-fPIC")))
    sizes = Counter(groups)
    expected = sum(sizes[post.group] for post in posts)
    array = (_Post * len(posts))(
        *(_Post(post.sender, post.group, round(post.due * 1e9), post.data, len(post.data)) for post in posts)
    )
    latencies = (ctypes.c_uint32 * expected)()
    result = _Result()
    code = library.drive(
        (ctypes.c_int * len(fds))(*fds),
        (ctypes.c_int32 * len(groups))(*groups),
        len(fds),
        array,
        len(posts),
        ctypes.c_int64(first),
        needle,
        len(needle),
        digits_at,
        ctypes.c_int64(expected),
        ctypes.c_int64(round(longest * 1e9)),
        latencies,
        ctypes.byref(result),
    )
    if code == 1:
        raise KeyboardInterrupt
    if code:
        raise OSError("the driver could not start")
    return Driven(
        expected, result.delivered, result.doubled, result.strays, result.closed, result.unsent, result.bytes,
        result.took / 1e9, sorted(latencies[: result.delivered]),
    )  # fmt: skip
