"""Reading back: pages, one's own last message, read positions, unread counts."""

import asyncio

import msgspec
import pytest

from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from tests.relay.client import Device, HomeDoor, RelayProcess


@pytest.mark.wheel
async def test_pages_both_ways_meet_every_message_once(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    data = [await anna.post(room) for _ in range(25)]
    for _ in data:
        await anna.next(stream.Sent)
    back: list[bytes] = []
    page = await anna.page(room.room, limit=10)
    assert (page.re, page.pos, page.more) == (7, list(range(16, 26)), True)
    back = page.env
    while page.more:
        page = await anna.page(room.room, limit=10, before=page.pos[0])
        back = page.env + back
    assert back == data
    forth: list[bytes] = []
    page = await anna.page(room.room, limit=10, after=0)
    forth += page.env
    while page.more:
        page = await anna.page(room.room, limit=10, after=page.pos[-1])
        forth += page.env
    assert forth == data
    assert await anna.page(room.room, after=25) == stream.Page(re=7, room=room.room, pos=[], env=[])
    exact = await anna.page(room.room, limit=25)
    assert (len(exact.env), exact.more) == (25, False)


async def test_page_stays_below_the_queue(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    for _ in range(12):
        await anna.say(room, plain=bytes(60 * 1024))
    newest = await anna.page(room.room, limit=200)
    assert 1 < len(newest.env) < 12
    assert newest.more
    assert newest.pos[-1] == 12
    oldest = await anna.page(room.room, limit=200, after=0)
    assert oldest.pos[0] == 1
    assert oldest.more


async def test_many_pages_at_once_are_not_slow(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream, max_queue=1)
    for _ in range(6):
        await anna.say(room, plain=bytes(60 * 1024))
    for re in range(40):  # 15 MB of answers, to somebody who does not read for a while
        await anna.put(stream.History(re=re, room=room.room))
    await asyncio.sleep(1.5)
    assert [(await anna.next(stream.Page)).re for _ in range(40)] == list(range(40))


async def test_page_refusals(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid)
    others = await home.room(bo.pid)
    await anna.open(relay.stream)
    for ask, code in (
        (stream.History(re=1, room=others.room), Code.NOT_A_MEMBER),
        (stream.History(re=2, room=ids.new_room()), Code.NOT_A_MEMBER),
        (stream.History(re=3, room=room.room, before=1, after=1), Code.BAD_REQUEST),
    ):
        await anna.put(ask)
        assert await anna.next(stream.Error) == stream.Error(code=code, re=ask.re)
    await anna.put(msgspec.structs.replace(stream.History(re=4, room=room.room), limit=201))
    assert await anna.bye() == Code.BAD_FRAME


async def test_last_is_the_devices_own(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    await anna.put(stream.Last(re=1, room=room.room))
    assert await anna.next(stream.LastIs) == stream.LastIs(re=1, room=room.room)
    await anna.say(room)
    data = await anna.post(room)
    await anna.next(stream.Sent)
    await bo.say(room)
    await anna.put(stream.Last(re=2, room=room.room))
    last = await anna.next(stream.LastIs)
    assert last.env == data
    assert envelope.parse(data).seq == 2


async def test_read_position_moves_forward_only_and_is_the_persons(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device
):
    room = await home.room(anna.pid, bo.pid)
    await bo.open(relay.stream)
    for _ in range(5):
        await bo.say(room)
    assert (await anna.open(relay.stream)).rooms[room.room].unread == 5
    second = anna.second()
    await second.open(relay.stream)
    await anna.put(stream.Read(room=room.room, pos=3))
    for device in (anna, second, bo):
        assert await device.next(stream.ReadIs) == stream.ReadIs(room=room.room, pid=anna.pid, pos=3)
    await anna.put(stream.Read(room=room.room, pos=2))  # back: nothing
    assert await second.quiet(0.2) == []
    await anna.put(stream.Read(room=room.room, pos=99))  # beyond the end: to the end
    assert (await second.next(stream.ReadIs)).pos == 5
    await second.close()
    head = (await second.open(relay.stream)).rooms[room.room]
    assert (head.read, head.unread) == (5, 0)


async def test_unread_counts_messages_by_others(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    said = await bo.say(room)
    await bo.say(room, kind=envelope.EnvelopeKind.REACTION, ref=ids.raw(said.msg_id, "m"))
    await anna.say(room)
    await anna.close()
    head = (await anna.open(relay.stream)).rooms[room.room]
    assert (head.pos, head.unread) == (3, 1)
