"""Starts a whole city for tests, as a person would: `samrum up` in a fresh folder, on free ports.

As a module (`python -m tests.city.launch -- COMMAND…`) it runs a command while a city is up and hands it `SAMRUM_READY`.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.city import logs

READY_SECONDS = 150
"""A machine that runs other tests at the same time is slow; a city that fails says so at once all the same."""


@dataclass(frozen=True)
class City:
    """A running city."""

    ready: dict[str, Any]
    ready_file: Path
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def home(self) -> str:
        return self.ready["home"]

    @property
    def base(self) -> int:
        return int(self.home.rsplit(":", 1)[1])

    def data(self, zone: str) -> Path:
        return Path(self.ready["data"][zone])

    def pids(self) -> dict[str, int]:
        """Process ids by zone, read from the kernel: the launcher's children."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid:
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                    zone = [word.decode() for word in command if word in {b"home", b"relay"}]
                    found[zone[0] if zone else "livekit"] = int(entry.name)
        return found


def free_base(first: int = 21300, last: int = 21395) -> int:
    """The first of five neighbouring ports that nobody uses. Tried in random order: two runs at once rarely meet."""
    for base in random.sample(range(first, last, 5), (last - first) // 5):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + 5):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                        probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise RuntimeError("no five free neighbouring ports")


def start(folder: Path, base: int, *, wrapper: list[str] | None = None) -> subprocess.Popen[bytes]:
    """The launcher's process, not yet ready; `wrapper` is run instead of `samrum`. Output goes to `launcher.log` in `folder`."""
    command = [*(wrapper or [sys.executable, "-m", "samrum"]), "up", "--city", "demo", "--port-base", str(base)]
    command += ["--data", str(folder / "data"), "--ready-file", str(folder / "ready.json")]
    (folder / "ready.json").unlink(missing_ok=True)
    with (folder / "launcher.log").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def wait_ready(folder: Path, process: subprocess.Popen[bytes]) -> City:
    """The city once its ready file is there; raises with the launcher's words if it never comes."""
    ready_file, deadline = folder / "ready.json", time.monotonic() + READY_SECONDS
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            words = (folder / "launcher.log").read_text()
            for log in sorted((folder / "data" / "logs").glob("*.log")):
                words += f"\n--- {log.name}\n" + log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the city is not ready (exit code {process.poll()}):\n{words}")
        time.sleep(0.1)
    return City(json.loads(ready_file.read_text()), ready_file, folder, process)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ends the launcher as Ctrl+C does; returns its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@contextlib.contextmanager
def running_city() -> Iterator[City]:
    """A fresh city, ended and removed at the end of the block. Its folder survives with SAMRUM_KEEP=1.

    Raises if a log holds what none may hold, after whatever was done to the city.
    """
    folder = Path(tempfile.mkdtemp(prefix="samrum-city-"))
    process = start(folder, free_base())
    try:
        yield (city := wait_ready(folder, process))
        stop(process)
        found = logs.faults(city.data("logs"))
        assert not found, f"{len(found)} faults in the city's logs: {found[:20]}"
    finally:
        stop(process)
        if os.environ.get("SAMRUM_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Runs the command after `--` while a city is up; returns its exit code."""
    command = sys.argv[sys.argv.index("--") + 1 :]
    with running_city() as city:
        return subprocess.run(command, env={**os.environ, "SAMRUM_READY": str(city.ready_file)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
