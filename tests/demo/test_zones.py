"""The launcher's care for processes, tried on small real ones."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samrum.demo import zones
from samrum.demo.zones import Zone, keep


def zone(folder: Path, code: str, *, redact: bool = False) -> Zone:
    return Zone("small", [sys.executable, "-c", code], folder, ("127.0.0.1", 1, "/"), folder / "small.log", redact)


async def until(found: object, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not found():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_dead_zone_starts_again_and_its_last_words_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones, "FIRST_PAUSE", 0.05)
    said: list[str] = []
    task = asyncio.create_task(keep(zone(tmp_path, "import sys; sys.exit('no port')"), said.append))
    await until(lambda: len(said) >= 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "small ended with code 1: no port" in said[0]


async def test_a_zone_that_is_well_after_it_died_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"""
import http.server, pathlib, sys
if not pathlib.Path("died").exists():
    pathlib.Path("died").touch()
    sys.exit(3)
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Well).serve_forever()
"""
    small = Zone("small", [sys.executable, "-c", code], tmp_path, ("127.0.0.1", port, "/"), tmp_path / "small.log")
    said: list[str] = []
    task = asyncio.create_task(keep(small, said.append))
    await until(lambda: len(said) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert said[0].startswith("small ended with code 3")
    assert re.fullmatch(r"small is well again after \d+\.\d s", said[1])


async def test_a_zone_that_will_not_end_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones, "STOP_SECONDS", 0.3)
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork();"
        "print(os.getpid(), flush=True); time.sleep(60)"
    )
    task = asyncio.create_task(keep(zone(tmp_path, code), lambda _sentence: None))
    log = tmp_path / "small.log"
    await until(lambda: log.exists() and len(log.read_text().split()) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for pid in map(int, log.read_text().split()):
        await until(lambda pid=pid: not alive(pid))


async def test_a_zone_sees_nothing_of_the_launchers_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMRUM_SECRET", "s3cret")
    code = "import os; print(sorted(os.environ), sorted(os.listdir('/proc/self/fd')), os.getcwd(), flush=True)"
    task = asyncio.create_task(keep(zone(tmp_path, code), lambda _sentence: None))
    log = tmp_path / "small.log"
    await until(lambda: log.exists() and "\n" in log.read_text())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    first = log.read_text().split("\n")[0]
    assert first == f"['LANG', 'PATH', 'PYTHONUNBUFFERED'] ['0', '1', '2', '3'] {tmp_path}"


async def test_redacted_output_reaches_the_log_clean(tmp_path: Path) -> None:
    task = asyncio.create_task(
        keep(zone(tmp_path, "print('token eyJhbGciOi.J9 end')", redact=True), lambda _sentence: None)
    )
    log = tmp_path / "small.log"
    await until(lambda: log.exists() and log.read_text())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert log.read_text() == "token [token] end\n"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_a_killed_launcher_takes_its_zones_along(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from samrum.demo.zones import Zone, keep
folder = pathlib.Path({str(tmp_path)!r})
zone = Zone("small", [{sys.executable!r}, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"], folder,
            ("127.0.0.1", 1, "/"), folder / "small.log")
asyncio.run(keep(zone, print))
"""
    launcher = subprocess.Popen([sys.executable, "-c", code])
    log, deadline = tmp_path / "small.log", time.monotonic() + 10
    while not (log.exists() and log.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.02)
    pid = int(log.read_text())
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)
