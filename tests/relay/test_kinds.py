"""Edits, reactions, deletions, threads and calls: what they may refer to and whose they are; and finding them again."""

import asyncio
import secrets
from typing import Any

import pytest

from samrum.wire import envelope, ids, stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import MsgId
from samrum.wire.statements import NOBODY, Kind, MemberEntry, Policy, Role
from tests.relay.client import Device, HomeDoor, RelayProcess, Room

MESSAGE, EDIT, REACTION, DELETION, CALL = list(EnvelopeKind)[:5]


def raw(msg: stream.Sent | MsgId) -> bytes:
    return ids.raw(msg if isinstance(msg, str) else msg.msg_id, "m")


async def ask(device: Device, frame: Wire, kind: Any = stream.Page) -> Any:
    await device.put(frame)
    return await device.next(kind)


async def refused(device: Device, room: Room, **changes: Any) -> str:
    return (await device.refused(device.seal(room, **changes))).code


@pytest.fixture
async def pair(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device) -> Room:
    """A room of anna, who owns it, and bo; both are connected."""
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    return room


@pytest.mark.wheel
async def test_an_edit_is_its_authors_and_a_deletion_also_a_moderators(pair: Room, anna: Device, bo: Device):
    by_anna, by_bo = await anna.say(pair), await bo.say(pair)
    await anna.say(pair, kind=EDIT, ref=raw(by_anna))
    assert await refused(anna, pair, kind=EDIT, ref=raw(by_bo)) == Code.NOT_ALLOWED
    assert await refused(bo, pair, kind=DELETION, ref=raw(by_anna)) == Code.NOT_ALLOWED
    await anna.say(pair, kind=DELETION, ref=raw(by_bo))
    await bo.say(pair, kind=DELETION, ref=raw(by_bo))


async def test_references_name_a_message_of_the_same_room(pair: Room, home: HomeDoor, anna: Device, bo: Device):
    other = await home.room(anna.pid)
    elsewhere = await anna.say(other)
    said = await bo.say(pair)
    reaction = await anna.say(pair, kind=REACTION, ref=raw(said))
    reply = await anna.say(pair, thread=raw(said))
    for kind in (EDIT, REACTION, DELETION):
        for ref in (ids.NONE, raw(elsewhere), secrets.token_bytes(16), raw(reaction)):
            assert await refused(anna, pair, kind=kind, ref=ref) == Code.BAD_REF
        assert await refused(anna, pair, kind=kind, ref=raw(reply)) == Code.BAD_REF, "its thread is missing"
        assert await refused(anna, pair, kind=kind, ref=raw(said), thread=raw(said)) == Code.BAD_REF
    for thread in (raw(elsewhere), secrets.token_bytes(16), raw(reaction), raw(reply)):
        assert await refused(anna, pair, thread=thread) == Code.BAD_REF
    assert await refused(anna, pair, ref=raw(elsewhere)) == Code.BAD_REF, "a quote, too, is of this room"
    await anna.say(pair, ref=raw(said))
    await anna.say(pair, kind=EDIT, ref=raw(reply), thread=raw(said))


async def test_what_refers_may_come_in_the_same_moment(pair: Room, anna: Device, bo: Device):
    ident = secrets.token_bytes(16)
    await anna.post(pair, msg_id=ident)
    await anna.post(pair, kind=REACTION, ref=ident)
    await anna.post(pair, thread=ident)
    assert [(await anna.next(stream.Sent)).pos for _ in range(3)] == [1, 2, 3]


async def test_a_hundred_reactions_of_one_person_are_enough(pair: Room, anna: Device, bo: Device):
    said = await bo.say(pair)
    for start in range(0, 100, 50):
        for _ in range(50):
            await anna.post(pair, kind=REACTION, ref=raw(said))
        for _ in range(50):
            await anna.next(stream.Sent)
        await asyncio.sleep(0.2 if start else 0)
    assert await refused(anna, pair, kind=REACTION, ref=raw(said)) == Code.TOO_MANY
    await bo.say(pair, kind=REACTION, ref=raw(said))


async def test_where_only_moderators_write_members_react(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    guest = Device(anna.authority)
    policy = Policy(kind=Kind.CHANNEL, post=Role.MODERATOR)
    room = await home.room(anna.pid, bo.pid, MemberEntry(pid=guest.pid, role=Role.GUEST), policy=policy)
    for device in (anna, bo, guest):
        await device.open(relay.stream)
    said = await anna.say(room)
    for changes in ({}, {"thread": raw(said)}, {"kind": CALL}):
        assert await refused(bo, room, **changes) == Code.NOT_ALLOWED
    await bo.say(room, kind=REACTION, ref=raw(said))
    assert await refused(guest, room, kind=REACTION, ref=raw(said)) == Code.NOT_ALLOWED
    await guest.close()


async def test_where_nobody_writes_nobody_changes_anything_either(home: HomeDoor, pair: Room, anna: Device, bo: Device):
    said = await anna.say(pair)
    await home.change(pair, policy=Policy(kind=Kind.GROUP, post=NOBODY))
    for kind, ref in (
        (MESSAGE, bytes(16)),
        (EDIT, raw(said)),
        (REACTION, raw(said)),
        (DELETION, raw(said)),
        (CALL, bytes(16)),
    ):
        assert await refused(anna, pair, kind=kind, ref=ref) == Code.NOT_ALLOWED
    page = await ask(bo, stream.History(re=1, room=pair.room))
    assert len(page.env) == 1
    await home.change(pair, policy=Policy(kind=Kind.GROUP))
    await bo.say(pair)


async def test_calls_are_answered_by_name(pair: Room, anna: Device, bo: Device):
    said, ring = await anna.say(pair), await anna.say(pair, kind=CALL)
    answer = await bo.say(pair, kind=CALL, ref=raw(ring))
    for ref in (raw(said), raw(answer), secrets.token_bytes(16)):
        assert await refused(bo, pair, kind=CALL, ref=ref) == Code.BAD_REF
    assert await refused(bo, pair, kind=REACTION, ref=raw(ring)) == Code.BAD_REF


async def test_unread_counts_messages_and_rings(relay: RelayProcess, pair: Room, anna: Device, bo: Device):
    said, ring = await bo.say(pair), await bo.say(pair, kind=CALL)
    await bo.say(pair, kind=EDIT, ref=raw(said))
    await bo.say(pair, kind=CALL, ref=raw(ring))
    second = anna.second()
    assert (await second.open(relay.stream)).rooms[pair.room].unread == 2


async def test_what_refers_is_found_by_pages(pair: Room, anna: Device, bo: Device):
    first, other = await anna.say(pair), await anna.say(pair)
    sent = [await who.say(pair, kind=REACTION, ref=raw(first)) for who in (anna, bo, anna)]
    sent.append(await anna.say(pair, kind=EDIT, ref=raw(other)))
    await bo.say(pair)
    of = [first.msg_id, other.msg_id]
    page = await ask(anna, stream.Refs(re=1, room=pair.room, of=of, limit=3))
    assert (page.re, page.pos, page.more) == (1, [one.pos for one in sent[:3]], True)
    rest = await ask(anna, stream.Refs(re=2, room=pair.room, of=of, after=page.pos[-1]))
    assert (rest.pos, rest.more) == ([sent[3].pos], False)
    assert envelope.parse(rest.env[0]).kind == EDIT
    assert (await ask(anna, stream.Refs(re=3, room=pair.room, of=[ids.new_msg_id()]))).pos == []


async def test_a_thread_is_read_from_its_end(pair: Room, anna: Device, bo: Device):
    root = await anna.say(pair)
    await bo.say(pair)
    replies = [await who.say(pair, thread=raw(root)) for who in (bo, anna, bo)]
    marks = [
        await anna.say(pair, kind=REACTION, ref=raw(root)),
        await anna.say(pair, kind=EDIT, ref=raw(replies[1]), thread=raw(root)),
    ]
    whole = [root.pos, *(one.pos for one in replies), *(one.pos for one in marks)]
    newest = await ask(bo, stream.Thread(re=1, room=pair.room, thread=root.msg_id, limit=4))
    assert (newest.pos, newest.more) == (whole[-4:], True)
    older = await ask(bo, stream.Thread(re=2, room=pair.room, thread=root.msg_id, before=newest.pos[0], limit=4))
    assert (older.pos, older.more) == (whole[:-4], False)


async def test_one_message_is_found_with_what_stands_around_it(pair: Room, anna: Device, bo: Device):
    sent = [await anna.say(pair) for _ in range(30)]
    page = await ask(bo, stream.Find(re=1, room=pair.room, msg=sent[14].msg_id, limit=10))
    assert (page.pos, page.more) == (list(range(11, 21)), True)
    page = await ask(bo, stream.Find(re=2, room=pair.room, msg=sent[0].msg_id, limit=10))
    assert (page.pos, page.more) == (list(range(1, 11)), False)
    page = await ask(bo, stream.Find(re=3, room=pair.room, msg=sent[29].msg_id, limit=1))
    assert (page.pos, page.more) == ([30], True)
    assert (await ask(bo, stream.Find(re=4, room=pair.room, msg=ids.new_msg_id()), stream.Error)).code == Code.NOT_FOUND


async def test_large_messages_do_not_hide_the_one_that_is_looked_for(pair: Room, anna: Device, bo: Device):
    sent = [await anna.say(pair, plain=bytes(60 * 1024)) for _ in range(10)]
    page = await ask(bo, stream.Find(re=1, room=pair.room, msg=sent[8].msg_id))
    assert 9 in page.pos
    assert page.pos == list(range(page.pos[0], page.pos[-1] + 1))


async def test_only_members_ask(relay: RelayProcess, pair: Room, home: HomeDoor, anna: Device, bo: Device):
    said = await anna.say(pair)
    await home.change(pair, remove=[bo.pid], new_epoch=True)
    frames = (
        stream.Refs(re=5, room=pair.room, of=[said.msg_id]),
        stream.Thread(re=5, room=pair.room, thread=said.msg_id),
        stream.Find(re=5, room=pair.room, msg=said.msg_id),
        stream.Reads(re=5, room=pair.room),
    )
    for frame in frames:
        answer = await ask(bo, frame, stream.Error)
        assert (answer.re, answer.code) == (5, Code.NOT_A_MEMBER)


async def test_how_far_the_members_have_read(relay: RelayProcess, pair: Room, home: HomeDoor, anna: Device, bo: Device):
    await anna.say(pair)
    await anna.say(pair)
    await bo.put(stream.Read(room=pair.room, pos=1))
    await anna.next(stream.ReadIs)
    assert (await ask(anna, stream.Reads(re=1, room=pair.room), stream.ReadsAre)).of == {bo.pid: 1}
    await home.change(pair, remove=[bo.pid], new_epoch=True)
    assert (await ask(anna, stream.Reads(re=2, room=pair.room), stream.ReadsAre)).of == {}
    big = await home.room(anna.pid, *(ids.new_pid() for _ in range(100)))
    assert (await ask(anna, stream.Reads(re=3, room=big.room), stream.Error)).code == Code.UNSUPPORTED
