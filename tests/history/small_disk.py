"""A file system of a few megabytes for one zone, which a test fills up and makes room on again (Linux, user namespaces)."""

import contextlib
import shutil
import subprocess
from pathlib import Path

MEGABYTES = 3
_MOUNT = 'mount -t tmpfs -o size="$0"m tmpfs "$1" && cd "$1" && shift && exec "$@" 2>>zone.log'
"""The zone's log is on the same disk as its data, as it often is."""


def possible() -> bool:
    """Whether this machine lets us mount in a namespace of our own."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


class SmallDisk:
    """The disk on `folder`, as the processes run by `wrapper` see it."""

    def __init__(self, folder: Path, megabytes: int = MEGABYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.wrapper = ["unshare", "-rm", "sh", "-c", _MOUNT, str(megabytes), str(folder)]

    def inside(self, pid: int) -> Path:
        """The folder as the process `pid` sees it."""
        return Path(f"/proc/{pid}/root{self.folder}")

    def copy(self, pid: int, name: str, to: Path) -> Path:
        """A copy of a database of a zone that is stopped: SQLite opens nothing by another process's eyes."""
        for part in (name, f"{name}-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(self.inside(pid) / part, to / part)
        return to / name

    def fill(self, pid: int) -> None:
        """Takes the last free byte."""
        with (self.inside(pid) / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(512)):
                pass

    def make_room(self, pid: int) -> None:
        """Gives back what `fill` took."""
        (self.inside(pid) / "ballast").unlink()
