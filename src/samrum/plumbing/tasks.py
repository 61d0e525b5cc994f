"""A zone's process: one event loop, a stop signal, an exit code."""

import asyncio
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import uvloop

from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log, guard

OPEN_FILES: Final = 65_536


def run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `main(stop)` until it returns; SIGINT and SIGTERM set `stop`. A `BadConfig` ends the process with its sentence."""

    async def outer() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    _allow_open_files()
    guard()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(outer())
    except* BadConfig as group:
        for error in group.exceptions:
            sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _allow_open_files() -> None:
    """Asks for as many open files as this process may have: each connection is one, and the usual 1024 are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def survive(work: Coroutine[Any, Any, object], log: Log, event: str) -> None:
    """Awaits `work`; an exception is logged as `event`, so that it doesn't end the zone with its task group."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  whatever it is, the zone goes on
        log.error(event, error=error)  # noqa: TRY400  our log keeps no traceback
