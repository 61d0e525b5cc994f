"""Busy rooms: news wait for each other, never long, never out of order, and nothing overtakes them that must not."""

import asyncio
import statistics
import time

import pytest

from samrum.relay.limits import Pace
from samrum.wire import ids, stream
from samrum.wire.base import Wire
from samrum.wire.statements import MemberEntry, Role
from tests.relay.client import Device, HomeDoor, RelayProcess, Room

TICK_SECONDS = 0.05
"""The longest that news may wait."""
SLACK = 0.15
"""Seconds that a test machine may lose."""


@pytest.mark.parametrize(
    ("gap", "busy"), [(0.2, [False] * 12), (0.101, [False] * 12), (0.04, [False] * 5 + [True] * 7)]
)
def test_a_room_is_busy_above_ten_a_second(gap: float, busy: list[bool]):
    pace = Pace(10, 3)
    assert [pace.busy(1000 + gap * n) for n in range(12)] == busy


def test_three_at_once_are_calm_and_calm_comes_back():
    pace = Pace(10, 3)
    assert [pace.busy(7) for _ in range(5)] == [False, False, False, True, True]
    for _ in range(1000):
        pace.busy(7)
    assert not pace.busy(7.7)


async def hurry(speaker: Device, room: Room, count: int, gap: float = 0.01) -> None:
    """Sends without waiting, faster than a calm room would be."""
    for _ in range(count):
        await speaker.post(room)
        await asyncio.sleep(gap)


def envelopes(frames: list[Wire]) -> list[tuple[int, bytes]]:
    """`(pos, envelope)` of all batches."""
    return [(one.pos + i, env) for one in frames if isinstance(one, stream.Batch) for i, env in enumerate(one.env)]


@pytest.fixture
async def room(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device) -> Room:
    """A room of anna's and bo's, both connected."""
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    return room


@pytest.mark.wheel
async def test_busy_rooms_news_come_together_in_order(room: Room, anna: Device, bo: Device):
    sent = [await anna.post(room) for _ in range(5)]
    await hurry(anna, room, 55)
    frames = await bo.quiet(0.5)
    got = envelopes(frames)
    assert [pos for pos, _ in got] == list(range(1, 61))
    assert [env for _, env in got][:5] == sent
    assert len(frames) < 30
    assert envelopes(await anna.quiet(0.2)) == got


async def test_news_wait_no_longer_than_a_tick(room: Room, anna: Device, bo: Device):
    acknowledged: dict[int, float] = {}
    arrived: dict[int, float] = {}

    async def watch(device: Device) -> None:
        while len(arrived) < 50 or len(acknowledged) < 50:
            frame = await device.get()
            if isinstance(frame, stream.Sent):
                acknowledged[frame.pos] = time.monotonic()
            elif isinstance(frame, stream.Batch) and device is bo:
                arrived.update({frame.pos + i: time.monotonic() for i in range(len(frame.env))})

    watching = [asyncio.ensure_future(watch(device)) for device in (anna, bo)]
    await hurry(anna, room, 50, 0.02)
    await asyncio.wait_for(watching[1], 5)
    watching[0].cancel()
    waits = [arrived[pos] - acknowledged[pos] for pos in range(1, 51)]
    assert max(waits) < TICK_SECONDS + SLACK
    assert TICK_SECONDS / 4 < statistics.median(waits) < TICK_SECONDS + 0.02


async def test_a_calm_rooms_news_come_at_once(room: Room, anna: Device):
    waits = []
    for _ in range(8):
        await anna.say(room)
        acknowledged = time.monotonic()
        await anna.next(stream.Batch)
        waits.append(time.monotonic() - acknowledged)
        await asyncio.sleep(0.12)
    assert statistics.median(waits) < TICK_SECONDS / 4


async def test_a_roster_does_not_overtake_news_nor_leave_any_out(room: Room, home: HomeDoor, anna: Device, bo: Device):
    await hurry(anna, room, 20, 0.005)
    while not (isinstance(frame := await anna.get(), stream.Sent) and frame.pos == 20):
        pass
    await home.change(room, remove=[bo.pid], new_epoch=True)
    await anna.post(room)
    frames = await bo.quiet()
    assert [pos for pos, _ in envelopes(frames)] == list(range(1, 21))
    assert isinstance(frames[-1], stream.RosterIs)


async def test_a_newcomer_hears_only_what_its_welcome_did_not_count(
    relay: RelayProcess, room: Room, home: HomeDoor, anna: Device
):
    newcomer = anna.second()
    guest = Device(anna.authority)
    talking = asyncio.ensure_future(hurry(anna, room, 60, 0.01))
    await asyncio.sleep(0.2)
    welcome = await newcomer.open(relay.stream)
    await guest.open(relay.stream)
    await home.change(room, add=[MemberEntry(pid=guest.pid, role=Role.MEMBER)])
    await talking
    got = envelopes(await newcomer.quiet(0.4))
    assert [pos for pos, _ in got] == list(range(welcome.rooms[room.room].pos + 1, 61))
    frames = await guest.quiet(0.2)
    await guest.close()
    assert isinstance(frames[0], stream.RosterIs)
    positions = [pos for pos, _ in envelopes(frames)]
    assert positions == list(range(positions[0], 61))


async def test_a_room_that_everybody_left_keeps_nothing(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid, ids.new_pid())
    await anna.open(relay.stream)
    await hurry(anna, room, 30, 0.001)
    while not (isinstance(frame := await anna.get(), stream.Sent) and frame.pos == 30):
        pass
    await anna.close()
    welcome = await anna.open(relay.stream)
    assert welcome.rooms[room.room].pos == 30
    assert envelopes(await anna.quiet(0.2)) == []
