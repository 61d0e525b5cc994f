"""Presence: only of whom one may see, only what changed, and no more than once a second."""

import asyncio
import time

import msgspec
import pytest

from samrum.wire import ids, stream
from samrum.wire.ids import Pid
from samrum.wire.statements import MemberEntry, Role
from samrum.wire.stream import PresenceState
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess

ONLINE, AWAY, OFFLINE = PresenceState.ONLINE, PresenceState.AWAY, PresenceState.OFFLINE


async def watch(device: Device, *pids: Pid, away: bool = False) -> None:
    await device.put(stream.Presence(pids=list(pids), away=away))


async def told(device: Device, seconds: float = 5) -> dict[Pid, PresenceState]:
    return {Pid(pid): state for pid, state in (await device.next(stream.PresenceIs, seconds)).of.items()}


async def nothing(device: Device, seconds: float = 1.2) -> None:
    assert [one for one in await device.quiet(seconds) if isinstance(one, stream.PresenceIs)] == []


@pytest.mark.wheel
async def test_online_away_and_offline_ten_seconds_after_the_last_device(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device
):
    await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await watch(anna, bo.pid)
    await nothing(anna)
    await bo.open(relay.stream)
    assert await told(anna) == {bo.pid: ONLINE}
    phone = bo.second()
    await phone.open(relay.stream)
    await watch(bo, away=True)
    await nothing(anna)  # the phone is not away
    await watch(phone, away=True)
    assert await told(anna) == {bo.pid: AWAY}
    await watch(phone)
    assert await told(anna) == {bo.pid: ONLINE}
    await phone.close()
    assert await told(anna) == {bo.pid: AWAY}
    await bo.close()
    left = time.monotonic()
    assert await told(anna, 15) == {bo.pid: OFFLINE}
    assert 8 < time.monotonic() - left < 14


async def test_a_reload_does_not_blink(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    await home.room(anna.pid, bo.pid)
    await bo.open(relay.stream)
    await anna.open(relay.stream)
    await watch(anna, bo.pid)
    assert await told(anna) == {bo.pid: ONLINE}
    await bo.ws.close()
    await asyncio.sleep(1.2)
    await bo.open(relay.stream)
    await nothing(anna)


async def test_a_stranger_is_offline_like_one_who_does_not_exist(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device
):
    await home.room(anna.pid)
    await home.room(bo.pid)
    await bo.open(relay.stream)
    await anna.open(relay.stream)
    await watch(anna, bo.pid, ids.new_pid())
    await nothing(anna)
    room = await home.room(anna.pid, bo.pid)
    assert await told(anna) == {bo.pid: ONLINE}
    await home.change(room, remove=[bo.pid], new_epoch=True)
    assert await told(anna) == {bo.pid: OFFLINE}


async def test_who_watches_sees_the_room_that_they_come_into(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device
):
    room = await home.room(bo.pid)
    await bo.open(relay.stream)
    await anna.open(relay.stream)
    await watch(anna, bo.pid)
    await nothing(anna)
    await home.change(room, add=[MemberEntry(pid=anna.pid, role=Role.MEMBER)])
    assert await told(anna) == {bo.pid: ONLINE}


async def test_a_room_over_a_hundred_shows_nobody(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    many = [ids.new_pid() for _ in range(stream.PRESENCE_MEMBERS - 2)]
    room = await home.room(anna.pid, bo.pid, *many)
    await bo.open(relay.stream)
    await anna.open(relay.stream)
    await watch(anna, bo.pid)
    assert await told(anna) == {bo.pid: ONLINE}
    await home.change(room, add=[MemberEntry(pid=ids.new_pid(), role=Role.MEMBER)])
    assert await told(anna) == {bo.pid: OFFLINE}


async def test_changes_come_together_and_at_most_once_a_second(
    relay: RelayProcess, home: HomeDoor, authority: Authority, anna: Device
):
    others = [Device(authority) for _ in range(12)]
    await home.room(anna.pid, *(one.pid for one in others))
    await anna.open(relay.stream)
    await watch(anna, *(one.pid for one in others))
    await nothing(anna)
    for one in others:
        await one.open(relay.stream)
    frames = [one for one in await anna.quiet(2.5) if isinstance(one, stream.PresenceIs)]
    assert len(frames) <= 3
    assert {pid for one in frames for pid in one.of} == {one.pid for one in others}
    await watch(anna)  # nobody is on the screen any more
    await watch(others[0], away=True)
    await nothing(anna)
    for one in others:
        await one.close()


async def test_more_than_two_hundred_are_no_frame(relay: RelayProcess, home: HomeDoor, anna: Device):
    await home.room(anna.pid)
    await anna.open(relay.stream)
    body = msgspec.msgpack.encode({"pids": [ids.new_pid() for _ in range(stream.MAX_WATCHED + 1)]})
    await anna.ws.send(bytes([11]) + body)
    assert await anna.bye() == "bad_frame"
