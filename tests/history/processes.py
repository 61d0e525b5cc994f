"""Zones that start in a moment and are killed in one, and ports of our own: 21200 to 21299."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from samrum.wire import envelope, ids
from tests import ports
from tests.history.checker import Row
from tests.relay.client import ENVIRONMENT

NURSERY = Path(__file__).with_name("nursery.py")


def free_ports(number: int = 4) -> int:
    """The first of free neighbours."""
    return ports.free_ports(range(21200, 21300 - number), number)


class Nursery:
    """Forks one zone again and again, which has imported all and so starts in a moment, and kills it. Its clock can be moved."""

    def __init__(self, zone: str, config: Path, wrapper: Sequence[str] = ()) -> None:
        """`wrapper` is a command that runs the rest of its line in some confinement."""
        self.child = 0
        self.log = config.with_suffix(".log")
        self._clock = config.with_suffix(".clock")
        self.set_clock(0)
        self._log = self.log.open("ab")
        self._process = subprocess.Popen(
            [*wrapper, sys.executable, NURSERY, zone, str(config), str(self._clock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=ENVIRONMENT,
        )

    @property
    def pid(self) -> int:
        """The process that forks, which sees what the zone sees."""
        return self._process.pid

    def set_clock(self, seconds: float) -> None:
        """Sets the zone's clock so far off the machine's, at once."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._clock)

    def start(self) -> None:
        """Starts the zone, without waiting for it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"start\n")
        self._process.stdin.flush()
        self.child = int(self._process.stdout.readline())

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends the zone, at once or (SIGTERM) in its own way, and waits until it is gone."""
        if not self.child:  # 0 would be the tests' own process group
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, number)
            for _ in range(2000):
                os.kill(self.child, 0)
                time.sleep(0.005)
            raise AssertionError("it does not end")
        self.child = 0

    def close(self) -> None:
        """Ends everything."""
        self.kill()
        self._process.communicate()
        self._log.close()


async def answers(url: str, seconds: float = 10) -> None:
    """Waits until a zone answers on HTTP."""
    async with asyncio.timeout(seconds), httpx.AsyncClient(trust_env=False) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                await http.get(url + "/health")
                return
            await asyncio.sleep(0.02)


def stored(database: Path) -> list[Row]:
    """All that relay's store holds, read from the file."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [
            Row(room, pos, msg_id, dev, parsed.seq, parsed.epoch, envelope.stored_hash(data))
            for room, pos, msg_id, dev, data in connection.execute(
                "SELECT room, pos, msg_id, dev, envelope FROM messages"
            )
            if (parsed := envelope.parse(data)) and ids.text("m", parsed.msg_id) == msg_id
        ]


def told(database: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of any database that a zone may have open."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()
