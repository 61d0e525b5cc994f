"""A reader that is stuck slows nobody; it is closed with `slow`, and finds everything by history when it is back."""

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from tests.history.checker import Acked, Complete, Event, Got, Opened, Tried, Wrote, check, said
from tests.history.kills import until
from tests.history.processes import Nursery, answers, free_ports, stored
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, Room

BIG = bytes(61_000)
EACH = 60
"""Messages that each writer sends: together far more than a connection's queue and what the kernel holds for it."""


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[RelayProcess, Authority, Nursery]]:
    authority = Authority()
    process = RelayProcess(tmp_path, free_ports(), authority)
    nursery = Nursery("relay", tmp_path / "relay.toml")
    nursery.start()
    yield process, authority, nursery
    nursery.close()


async def write(device: Device, room: Room, events: list[Event], sent_at: dict[bytes, float]) -> None:
    """Sends big messages one after the other, and notes what came of them."""
    for _ in range(EACH):
        data = await device.post(room, plain=BIG)
        msg_id, digest = ids.text("m", envelope.parse(data).msg_id), envelope.stored_hash(data)
        sent_at[digest] = time.monotonic()
        seq = envelope.parse(data).seq
        events += [Wrote(device.dev, room.room, msg_id), Tried(device.dev, room.room, msg_id, seq, digest)]
        sent = await device.next(stream.Sent)
        device.seen.clear()
        events.append(Acked(device.dev, sent.room, sent.msg_id, sent.pos, sent.hash))


async def read(device: Device, events: list[Event], sent_at: dict[bytes, float], late: list[float]) -> None:
    """Reads news for ever, and notes how long each took."""
    while True:
        frame = await device.get(60)
        device.seen.clear()
        if isinstance(frame, stream.Batch):
            for pos, data in enumerate(frame.env, frame.pos):
                digest = envelope.stored_hash(data)
                late.append(time.monotonic() - sent_at[digest])
                events.append(Got(device.dev, frame.room, pos, digest, live=True))


async def test_a_stuck_reader_slows_nobody_and_loses_nothing(relay: tuple[RelayProcess, Authority, Nursery]):
    process, authority, nursery = relay
    home = HomeDoor(process, authority)
    await answers(process.http)
    writers = [Device(authority) for _ in range(2)]
    well, stuck = Device(authority), Device(authority)
    room = await home.room(*(one.pid for one in (*writers, well, stuck)))
    events: list[Event] = [Opened(well.dev, room.room, 0)]
    sent_at: dict[bytes, float] = {}
    late: list[float] = []
    for one in (*writers, well):
        await one.open(process.stream)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", int(process.stream.rpartition(":")[2])))
    narrow.setblocking(False)
    await stuck.open(process.stream, sock=narrow, max_queue=1)  # and never reads again
    reading = asyncio.create_task(read(well, events, sent_at, late))
    await asyncio.gather(*(write(one, room, events, sent_at) for one in writers))

    def byes() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in nursery.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == "stream.bye"]

    await until(lambda: len(late) == 2 * EACH and bool(byes()), 10)
    assert [(line["code"], line["dev"]) for line in byes()] == [(Code.SLOW, stuck.dev)]
    assert len(late) == 2 * EACH
    assert sorted(late)[len(late) // 2] < 0.5
    assert max(late) < 5.0
    reading.cancel()
    await stuck.close()
    assert (await stuck.open(process.stream)).rooms[room.room].pos == 2 * EACH
    found = 0
    while found < 2 * EACH:
        page = await stuck.page(room.room, after=found, limit=200)
        events += [
            Got(stuck.dev, room.room, pos, envelope.stored_hash(data), live=False)
            for pos, data in zip(page.pos, page.env, strict=True)
        ]
        found = page.pos[-1]
    events += [Complete(well.dev, room.room), Complete(stuck.dev, room.room)]
    for one in (*writers, well, stuck):
        await one.close()
    await home.http.aclose()
    nursery.kill(signal.SIGTERM)
    violations = check(events, stored(process.database))
    assert not violations, said(violations)
