"""Relay is killed at every point of an upload: the upload goes on, and what comes back is the file. Ports 21120 to 21139."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from samrum.wire import stream
from tests import ports
from tests.blobs.client import MIB, files_of, in_store, sealed
from tests.relay.client import RUN, Authority, Device, HomeDoor, RelayProcess, running

MORTAL = """
import os, pathlib, signal, sys
from samrum.relay.blobs import actions, outside, tables

order = pathlib.Path({order!r})

def die(point):
    if order.exists() and order.read_text() == point:
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)

def half(self, name, data, put=outside.Folder._put):
    if order.exists() and order.read_text() == "half a part":
        (self._folder / name).write_bytes(data[: len(data) // 2])
        die("half a part")
    put(self, name, data)

async def before_and_after(self, name, data, put=outside.Folder.put):
    die("no part")
    await put(self, name, data)
    die("a part, no row")

def in_transaction(tx, name, part, now, put=tables.put_part):
    done = put(tx, name, part, now)
    die("a row that is not durable")
    return done

async def not_answered(self, *what, keep=actions.Blobs._keep):
    answer = await keep(self, *what)
    die("all but the answer")
    return answer

outside.Folder._put, outside.Folder.put = half, before_and_after
tables.put_part, actions.Blobs._keep = in_transaction, not_answered
"""
POINTS = {
    "no part": 0,
    "half a part": 0,
    "a part, no row": 0,
    "a row that is not durable": 0,
    "all but the answer": 1,
}
"""Where relay dies, and whether the bytes of the request that got no answer are there afterwards."""
BODY = MIB // 2


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[RelayProcess]:
    process = RelayProcess(tmp_path, ports.free_ports(range(21120, 21140), 2), authority)
    process.run = MORTAL.format(order=str(tmp_path / "order")) + RUN
    async with running(process):
        yield process


authority = Authority()


async def again(relay: RelayProcess) -> None:
    relay.kill()
    relay.start()
    await relay.ready()


async def test_every_point_of_death(relay: RelayProcess):
    home, anna = HomeDoor(relay, authority), Device(authority)
    room = await home.room(anna.pid)
    data = sealed(4 * MIB)
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(data))
        have = 0
        for point, kept in POINTS.items():
            have = await mine.kept(name, data[have : have + BODY], have)
            (relay.base / "order").write_text(point)
            with pytest.raises(httpx.TransportError):
                await mine.put(name, data[have : have + BODY], have)
            await again(relay)
            assert not (relay.base / "order").exists(), point
            assert (await mine.state(name)).have == have + kept * BODY, point
            have += kept * BODY
        while have < len(data):
            have = await mine.kept(name, data[have : have + BODY], have)
        assert (await mine.get(name)).content == data
        orphans = len(in_store(relay)) - count_parts(len(data))
        assert orphans == 3, "half a part, and two without a row: the sweep's"
        await anna.open(relay.stream)
        assert isinstance(await mine.share(room, name), stream.Sent)
        await again(relay)
        assert (await mine.get(name)).content == data
    await home.http.aclose()
    await anna.close()


def count_parts(size: int) -> int:
    return -(-size // BODY)


@pytest.mark.soak
async def test_any_moment_of_death(relay: RelayProcess):
    """Thirty kills at random moments of one upload."""
    anna = Device(authority)
    data, stop = sealed(128 * MIB), asyncio.Event()
    async with files_of(relay, anna) as [mine]:
        name = await mine.made(len(data))

        async def kills() -> None:
            for _ in range(30):
                await asyncio.sleep(random.uniform(0.05, 0.6))
                await again(relay)
            stop.set()

        killing = asyncio.create_task(kills())
        have = 0
        while have < len(data):
            try:
                have = await mine.kept(name, data[have : have + BODY], have)
                if not stop.is_set():
                    await asyncio.sleep(0.1)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                with contextlib.suppress(httpx.TransportError):
                    have = (await mine.state(name)).have
        await killing
        assert (await mine.get(name)).content == data
    await anna.close()
