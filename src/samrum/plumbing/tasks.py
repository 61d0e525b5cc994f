"""A zone's process: one event loop, a stop signal, an exit code."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop

from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log, guard


def run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `main(stop)` until it returns; SIGINT and SIGTERM set `stop`. A `BadConfig` ends the process with its sentence."""

    async def outer() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    guard()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(outer())
    except* BadConfig as group:
        for error in group.exceptions:
            sys.stderr.write(f"{error}\n")
        sys.exit(2)


async def survive(work: Coroutine[Any, Any, object], log: Log, event: str) -> None:
    """Awaits `work`; an exception is logged as `event`, so that it doesn't end the zone with its task group."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  whatever it is, the zone goes on
        log.error(event, error=error)  # noqa: TRY400  our log keeps no traceback
