"""Nothing acknowledged is lost or doubled, and order is kept, however relay dies or the disk fails."""

import asyncio
import contextlib
import hashlib
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from tests.relay.client import ENVIRONMENT, Authority, Device, HomeDoor, RelayProcess, Room, running
from tests.relay.conftest import free_ports

KILLS = 30
IN_FLIGHT = 8
NURSERY = Path(__file__).with_name("nursery.py")


class Nursery:
    """Forks relays that are ready in a moment, and kills them."""

    def __init__(self, relay: RelayProcess) -> None:
        self.relay = relay
        self.child = 0
        self._log = relay.log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, NURSERY, str(relay.base / "relay.toml")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=ENVIRONMENT,
        )

    async def start(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"start\n")
        self._process.stdin.flush()
        self.child = int(await asyncio.to_thread(self._process.stdout.readline))
        async with httpx.AsyncClient() as http:
            for _ in range(500):
                with contextlib.suppress(httpx.TransportError):
                    await http.get(self.relay.http + "/health")
                    return
                await asyncio.sleep(0.01)
        raise AssertionError(self.relay.log.read_text())

    def kill(self) -> None:
        if self.child:  # 0 would be the tests' own process group
            os.kill(self.child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            while self.child:
                os.kill(self.child, 0)
                time.sleep(0.005)
        self.child = 0

    def close(self) -> None:
        self.kill()
        self._process.communicate()
        self._log.close()


@pytest.fixture
def nursery(tmp_path: Path, authority: Authority) -> Iterator[Nursery]:
    found = Nursery(RelayProcess(tmp_path, free_ports(), authority))
    yield found
    found.close()


class Writer:
    """Sends without pause, reconnects when relay is gone, resends what was not acknowledged."""

    def __init__(self, device: Device, room: Room) -> None:
        self.device, self.room = device, room
        self.waiting: dict[str, bytes] = {}
        self.acknowledged: dict[str, stream.Sent] = {}
        self.order: list[str] = []
        self.done = False

    async def run(self, url: str) -> None:
        while not self.done or self.waiting:
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError):
                await self.device.open(url)
                for data in self.waiting.values():
                    await self.device.put(stream.Send(env=data))
                await self._talk()
            await self.device.close()
            await asyncio.sleep(0.02)

    async def _talk(self) -> None:
        while not self.done or self.waiting:
            while len(self.waiting) < IN_FLIGHT and not self.done:
                data = self.device.seal(self.room)
                self.device.seqs[self.room.room] = envelope.parse(data).seq
                msg_id = _id(data)
                self.waiting[msg_id] = data
                self.order.append(msg_id)
                await self.device.put(stream.Send(env=data))
            frame = await self.device.get(5)
            self.device.seen.clear()
            if isinstance(frame, stream.Sent):
                data = self.waiting.pop(frame.msg_id)
                assert frame.hash == hashlib.sha256(data).digest()
                self.acknowledged[frame.msg_id] = frame
            assert not isinstance(frame, stream.Error), frame


def _id(data: bytes) -> str:
    return ids.text("m", envelope.parse(data).msg_id)


async def everything(device: Device, room: Room) -> list[bytes]:
    found: list[bytes] = []
    page = await device.page(room.room, after=0, limit=200)
    while True:
        assert page.pos == list(range(len(found) + 1, len(found) + len(page.pos) + 1))
        found += page.env
        if not page.more:
            return found
        page = await device.page(room.room, after=len(found), limit=200)


async def test_thirty_kills_lose_and_double_nothing(nursery: Nursery, authority: Authority):
    relay = nursery.relay
    await nursery.start()
    home = HomeDoor(relay, authority)
    devices = [Device(authority) for _ in range(4)]
    rooms = [await home.room(*(one.pid for one in devices)) for _ in range(2)]
    await home.http.aclose()
    writers = [Writer(device, rooms[index % 2]) for index, device in enumerate(devices)]
    chance = random.Random(7)
    async with asyncio.TaskGroup() as group:
        for writer in writers:
            group.create_task(writer.run(relay.stream))
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 0.25))
            nursery.kill()
            await nursery.start()
        for writer in writers:
            writer.done = True
    stored = {}
    await devices[0].open(relay.stream)
    for room in rooms:
        stored[room.room] = await everything(devices[0], room)
    await devices[0].close()
    assert sum(len(writer.acknowledged) for writer in writers) > KILLS
    for writer in writers:
        mine = [
            data for data in stored[writer.room.room] if envelope.parse(data).dev == ids.raw(writer.device.dev, "d")
        ]
        assert [_id(data) for data in mine] == writer.order  # all, once, in the order of sending
        assert [envelope.parse(data).seq for data in mine] == list(range(1, len(mine) + 1))
        for sent in writer.acknowledged.values():
            data = stored[writer.room.room][sent.pos - 1]
            assert (_id(data), hashlib.sha256(data).digest()) == (sent.msg_id, sent.hash)


# ---- a disk that fails


@pytest.fixture
async def own(tmp_path: Path, authority: Authority) -> AsyncIterator[RelayProcess]:
    """A relay that a test may hurt."""
    async with running(RelayProcess(tmp_path, free_ports(), authority)) as relay:
        yield relay


async def test_full_disk_refuses_everything_and_changes_nothing(
    own: RelayProcess, authority: Authority, anna: Device, bo: Device
):
    home = HomeDoor(own, authority)
    room = await home.room(anna.pid, bo.pid)
    await home.http.aclose()
    await anna.open(own.stream)
    await bo.open(own.stream)
    await anna.say(room)
    await bo.next(stream.Batch)
    size = sum(path.stat().st_size for path in own.database.parent.iterdir())
    unlimited = resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert size > 4096
    refused = [await anna.post(room, plain=bytes(3000)) for _ in range(3)]
    errors = [await anna.next(stream.Error) for _ in refused]
    assert [error.code for error in errors] == [Code.STORE_FAILED] * 3
    assert await bo.quiet() == []
    assert (await anna.page(room.room)).pos == [1]
    resource.prlimit(own.pid, resource.RLIMIT_FSIZE, unlimited)
    for data in refused:  # the same bytes again: sequence and ids are as they were
        await anna.put(stream.Send(env=data))
    assert [(await anna.next(stream.Sent)).pos for _ in refused] == [2, 3, 4]


async def test_locked_database_refuses_and_recovers(own: RelayProcess, authority: Authority, anna: Device):
    home = HomeDoor(own, authority)
    room = await home.room(anna.pid)
    await anna.open(own.stream)
    with contextlib.closing(sqlite3.connect(own.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        data = await anna.post(room)
        assert (await anna.next(stream.Error)).code == Code.STORE_FAILED
        await anna.page(room.room)  # reading goes on
        other.execute("ROLLBACK")
    await anna.put(stream.Send(env=data))
    assert (await anna.next(stream.Sent)).pos == 1
    await home.http.aclose()


async def test_revocations_and_rosters_outlive_a_kill(own: RelayProcess, authority: Authority, anna: Device):
    home = HomeDoor(own, authority)
    room = await home.room(anna.pid)
    second = anna.second()
    await home.revoke(second.pid, second.dev)
    await home.http.aclose()
    own.kill()
    own.start()
    await own.ready()
    assert (await anna.open(own.stream)).rooms[room.room].version == 1
    with pytest.raises((ConnectionClosed, AssertionError)):
        await second.open(own.stream)
    assert second.seen[-1] == stream.Bye(code=Code.REVOKED)
