"""A database that another process has locked: what comes waits, then is refused with a code; reading goes on; nothing is lost."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from samrum.plumbing.sql import BUSY_SECONDS
from samrum.wire.codes import Code
from tests.history.checker import Event, check, said
from tests.history.home_kills import Pair, entered
from tests.history.kills import leave, until
from tests.history.outbox import Sender
from tests.history.processes import Nursery, answers, free_ports, stored
from tests.history.rosters import Answer
from tests.history.rosters import check as check_rosters
from tests.home.client import Refused
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process's write transaction, as a tool or a backup would hold it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def _locked_home(pair: Pair) -> None:
    me = pair.person(0)
    await entered(me)
    told_to_me: list[Answer] = []

    async def create() -> None:
        changed = await me.create()
        told_to_me.append(Answer(changed.room.room, changed.room.version, me.pid, member=True))

    await create()
    with locked(pair.config.data / "home.db"):
        begun = time.monotonic()
        waiting = asyncio.create_task(create())
        assert len((await me.since(0)).rooms) == 1
        assert time.monotonic() - begun < BUSY_SECONDS  # reading did not wait
        with pytest.raises(Refused) as refused:
            await waiting
        assert (refused.value.status, refused.value.code) == (503, Code.STORE_FAILED)
    await create()
    with locked(pair.config.data / "home.db"):
        waiting = asyncio.create_task(create())
        await asyncio.sleep(0.5)
        assert not waiting.done()
    await waiting  # a lock that goes in time is only waited for
    assert await pair.outbox_empty(20)
    await me.close()
    pair.home_nursery.kill(signal.SIGTERM)
    pair.relay_nursery.kill(signal.SIGTERM)
    assert len(told_to_me) == 3
    assert check_rosters(told_to_me, pair.kept(), pair.applied()) == []


@pytest.fixture
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RelayProcess, Authority]]:
    folder, authority = Path(tmp_path_factory.mktemp("relay")), Authority()
    process = RelayProcess(folder, free_ports(), authority)
    nursery = Nursery("relay", folder / "relay.toml")
    nursery.start()
    yield process, authority
    nursery.close()


async def test_home_and_a_relay_with_locked_databases(pair: Pair, relay: tuple[RelayProcess, Authority]):
    """Both at once, since each has to wait out a lock."""
    await asyncio.gather(_locked_home(pair), _locked_relay(*relay))


async def _locked_relay(relay: RelayProcess, authority: Authority) -> None:
    await answers(relay.http)
    home = HomeDoor(relay, authority)
    devices = [Device(authority) for _ in range(2)]
    reader = Device(authority, devices[0].pid)
    room = await home.room(*(one.pid for one in devices))
    events: list[Event] = []
    senders = [Sender(one, [room], events, window=(1, 4)[number], rate=20) for number, one in enumerate(devices)]

    def acknowledged() -> int:
        return sum(one.acknowledged for one in senders)

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one.run(relay.stream)) for one in senders]
        await until(lambda: acknowledged() > 10, 10)
        with locked(relay.database):
            before = acknowledged()
            head = (await reader.open(relay.stream)).rooms[room.room].pos
            assert (await reader.page(room.room, after=head - 1, limit=1)).pos == [head]
            await until(lambda: any(one.refusals.get(Code.STORE_FAILED) for one in senders), 10)
            assert acknowledged() <= before + 1  # what was on its way to us when the lock was taken
            before = acknowledged()
        await until(lambda: acknowledged() > before + 10, 10)
        await leave(senders, running)
    await reader.close()
    await home.http.aclose()
    found = check(events, stored(relay.database))
    assert not found, said(found)
    assert any(one.refusals.get(Code.STORE_FAILED) for one in senders)
