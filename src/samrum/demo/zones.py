"""Processes: starts a zone, watches it, starts it again when it dies, ends it.

A zone runs in a session of its own, so that Ctrl+C reaches the launcher alone and the launcher ends everything in order; should
the launcher be killed outright, the kernel ends the zones (Linux's parent-death signal).
"""

import asyncio
import contextlib
import http.client
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from samrum.demo.founding import environment
from samrum.demo.redact import Redactor

STOP_SECONDS: Final = 4.0
"""How long a zone may take to end before it is killed."""
FIRST_PAUSE: Final = 0.2
LAST_PAUSE: Final = 15.0
LOOK_PAUSE: Final = 0.3
CALM_SECONDS: Final = 30.0
"""A zone that ran this long starts again with the first pause."""


@dataclass(frozen=True, slots=True)
class Zone:
    """How one zone is started and asked how it is."""

    name: str
    command: list[str]
    folder: Path
    health: tuple[str, int, str]
    """Host, port and path of what answers 200 when the zone is well."""
    log: Path
    redact: bool = False
    """Whether its output is cleaned before it is written (LiveKit's)."""


def healthy(zone: Zone) -> bool:
    """Whether the zone answers 200 within 2 s."""
    host, port, path = zone.health
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _bound_to_launcher() -> list[str]:
    """The prefix that makes the kernel end a zone whose launcher was killed (util-linux, `prctl(PR_SET_PDEATHSIG)`)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


async def keep(zone: Zone, say: Callable[[str], None]) -> None:
    """Runs the zone for as long as this task lives, again and again, and ends it when the task is cancelled.

    A zone that dies soon after each start is started less and less often, at the least every `LAST_PAUSE` seconds.
    """
    pause, loop, died = FIRST_PAUSE, asyncio.get_running_loop(), None
    while True:
        started = loop.time()
        well = asyncio.create_task(_say_when_well(zone, say, died)) if died is not None else None
        try:
            code = await _run(zone)
        finally:
            if well is not None:
                well.cancel()
        died = loop.time()
        if died - started > CALM_SECONDS:
            pause = FIRST_PAUSE
        say(
            f"{zone.name} ended with code {code}: {_last_words(zone.log)}\n  It starts again in {pause:g} s; see {zone.log}"
        )
        await asyncio.sleep(pause)
        pause = min(pause * 2, LAST_PAUSE)


async def _say_when_well(zone: Zone, say: Callable[[str], None], died: float) -> None:
    while not await asyncio.to_thread(healthy, zone):  # noqa: ASYNC110 (nothing tells)
        await asyncio.sleep(LOOK_PAUSE)
    say(f"{zone.name} is well again after {asyncio.get_running_loop().time() - died:.1f} s")


def _last_words(log: Path) -> str:
    """The last line of a log: for a zone that refuses its configuration, the reason."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line), "it said nothing")


async def _run(zone: Zone) -> int:
    with zone.log.open("ab", buffering=0) as log:
        process = await asyncio.create_subprocess_exec(
            *_bound_to_launcher(),
            *zone.command,
            cwd=zone.folder,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if zone.redact else log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
        try:
            if process.stdout is not None:
                await _clean(process.stdout, log)
            return await process.wait()
        finally:
            await _end(process)


async def _clean(output: asyncio.StreamReader, log: BinaryIO) -> None:
    redactor = Redactor()
    while data := await output.read(16 * 1024):
        log.write(redactor.feed(data))
    log.write(redactor.end())


async def _end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, then after a while SIGKILL, to all that the zone started."""
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
            return
