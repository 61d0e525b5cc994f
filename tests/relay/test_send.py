"""Sending: what is stored and acknowledged, and every reason for a refusal."""

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from samrum.wire.statements import Kind, MemberEntry, Policy, Role
from tests.relay.client import Device, HomeDoor, RelayProcess, Room
from tests.relay.conftest import count


@pytest.mark.wheel
async def test_message_reaches_members_as_it_was_sent(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    data = await anna.post(room)
    sent = await anna.next(stream.Sent)
    assert (sent.room, sent.pos, sent.hash) == (room.room, 1, hashlib.sha256(data).digest())
    for device in (anna, bo):
        assert await device.next(stream.Batch) == stream.Batch(room=room.room, pos=1, env=[data])
    assert (await bo.page(room.room)).env == [data]


async def test_acknowledged_before_passed_on(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    await anna.post(room)
    kinds = [type(frame) for frame in await anna.quiet()]
    assert kinds == [stream.Sent, stream.Batch]


@pytest.mark.wheel
async def test_pipelined_messages_keep_their_order(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    data = [await anna.post(room) for _ in range(60)]
    for pos in range(1, 61):
        assert (await anna.next(stream.Sent)).pos == pos
    got: list[bytes] = []
    while len(got) < 60:
        batch = await bo.next(stream.Batch)
        assert batch.pos == len(got) + 1
        got += batch.env
    assert got == data


async def test_two_rooms_count_their_positions_apart(relay: RelayProcess, home: HomeDoor, anna: Device):
    one, two = await home.room(anna.pid), await home.room(anna.pid)
    await anna.open(relay.stream)
    places = [(await anna.say(room)).pos for room in (one, two, one)]
    assert places == [1, 1, 2]


@pytest.mark.wheel
async def test_resent_message_is_acknowledged_again_and_stored_once(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    data = await anna.post(room)
    first = await anna.next(stream.Sent)
    for _ in range(2):
        await anna.put(stream.Send(env=data))  # twice in one batch, or not: both must hold
    assert [await anna.next(stream.Sent), await anna.next(stream.Sent)] == [first, first]
    assert (await anna.page(room.room)).pos == [1]


async def test_resent_twice_within_one_batch(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    data = await anna.post(room)
    await anna.put(stream.Send(env=data))
    assert (await anna.next(stream.Sent)) == (await anna.next(stream.Sent))
    assert (await anna.page(room.room)).pos == [1]


async def test_sealed_again_under_a_newer_key_with_the_same_id_is_the_same_message(
    relay: RelayProcess, home: HomeDoor, anna: Device
):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    msg_id = secrets.token_bytes(16)
    first = await anna.post(room, msg_id=msg_id)
    stored = await anna.next(stream.Sent)
    again = anna.seal(room, msg_id=msg_id, seq=1)
    assert again != first
    await anna.put(stream.Send(env=again))
    assert await anna.next(stream.Sent) == stored


# ---- refusals: each with the same set-up in which a good message passes


Spoil = Callable[[Device, Device, Room, HomeDoor], Awaitable[tuple[bytes, list[str]]]]


def sealed(**changes: object) -> Spoil:
    async def spoil(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
        return anna.seal(room, **{name: make() if callable(make) else make for name, make in changes.items()}), []

    return spoil


async def cut(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    return anna.seal(room)[:-1], []


async def not_an_envelope(_anna: Device, _bo: Device, _room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    return b"hello", []


async def signed_by_another(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    return anna.seal(room, Ed25519PrivateKey.generate()), []


async def changed_after_signing(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    data = bytearray(anna.seal(room))
    data[envelope.HEAD_BYTES + 60] ^= 1
    return bytes(data), []


async def with_objects(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    return anna.seal(room), ["a" * 64]


async def id_of_bo(anna: Device, bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    msg_id = secrets.token_bytes(16)
    await bo.say(room, msg_id=msg_id)
    return anna.seal(room, msg_id=msg_id), []


async def own_id_in_another_room(anna: Device, _bo: Device, room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    other = await home.room(anna.pid)
    msg_id = secrets.token_bytes(16)
    await anna.say(other, msg_id=msg_id)
    return anna.seal(room, msg_id=msg_id), []


async def room_of_others(anna: Device, bo: Device, _room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    return anna.seal(await home.room(bo.pid)), []


async def room_that_is_not(anna: Device, _bo: Device, _room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    return anna.seal(home.authority.room(anna.pid)), []


async def membership_over(anna: Device, bo: Device, room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    other = await home.room(bo.pid, MemberEntry(pid=anna.pid, role=Role.MEMBER, until=int(time.time()) - 1))
    return anna.seal(other), []


async def role_too_low(anna: Device, bo: Device, room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    other = await home.room(bo.pid, anna.pid, policy=Policy(kind=Kind.CHANNEL, post="moderator"))
    return anna.seal(other), []


async def epoch_before_a_removal(anna: Device, _bo: Device, room: Room, home: HomeDoor) -> tuple[bytes, list[str]]:
    data = anna.seal(room)
    gone = ids.new_pid()
    await home.change(room, add=[MemberEntry(pid=gone, role=Role.MEMBER)])
    await home.change(room, remove=[gone], new_epoch=True)
    return data, []


async def sequence_repeated(anna: Device, _bo: Device, room: Room, _home: HomeDoor) -> tuple[bytes, list[str]]:
    await anna.say(room)
    return anna.seal(room, seq=1), []


REFUSALS: list[tuple[str, Spoil, Code, int | None]] = [
    ("not an envelope", not_an_envelope, Code.BAD_ENVELOPE, None),
    ("cut", cut, Code.BAD_ENVELOPE, None),
    ("other tenant", sealed(tenant=lambda: secrets.token_bytes(16)), Code.BAD_ENVELOPE, None),
    ("other person", sealed(pid=lambda: secrets.token_bytes(16)), Code.BAD_ENVELOPE, None),
    ("other device", sealed(dev=lambda: secrets.token_bytes(16)), Code.BAD_ENVELOPE, None),
    ("unknown flag", sealed(flags=2), Code.BAD_ENVELOPE, None),
    ("sequence zero", sealed(seq=0), Code.BAD_ENVELOPE, None),
    ("id taken by another device", id_of_bo, Code.MSG_ID_TAKEN, None),
    ("own id from another room", own_id_in_another_room, Code.MSG_ID_TAKEN, None),
    ("room of others", room_of_others, Code.NOT_A_MEMBER, None),
    ("room that is not", room_that_is_not, Code.NOT_A_MEMBER, None),
    ("membership over", membership_over, Code.NOT_A_MEMBER, None),
    ("role too low", role_too_low, Code.NOT_ALLOWED, None),
    ("epoch to come", sealed(epoch=2), Code.EPOCH_AHEAD, None),
    ("other key of this epoch", sealed(key_id=lambda: secrets.token_bytes(16)), Code.EPOCH_STALE, None),
    ("epoch zero", sealed(epoch=0), Code.EPOCH_STALE, None),
    ("epoch before a removal", epoch_before_a_removal, Code.EPOCH_STALE, None),
    ("clock behind", sealed(sent_at=lambda: int(time.time()) - 620), Code.CLOCK, None),
    ("clock ahead", sealed(sent_at=lambda: int(time.time()) + 620), Code.CLOCK, None),
    ("sequence gap", sealed(seq=2), Code.SEQ_REFUSED, 0),
    ("sequence repeated", sequence_repeated, Code.SEQ_REFUSED, 1),
    ("not to be stored", sealed(flags=envelope.NOT_STORED), Code.UNSUPPORTED, None),
    ("with a file that nobody has", with_objects, Code.NO_SUCH_OBJECT, None),
    ("signed by another", signed_by_another, Code.BAD_SIGNATURE, None),
    ("changed after signing", changed_after_signing, Code.BAD_SIGNATURE, None),
]


@pytest.mark.parametrize(("spoil", "code", "have"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
async def test_refused_message_changes_nothing_and_stops_nobody(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device, spoil: Spoil, code: Code, have: int | None
):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    data, objects = await spoil(anna, bo, room, home)
    before = count(relay, "messages"), count(relay, "sequences")
    error = await anna.refused(data, objects)
    assert (error.code, error.have) == (code, have)
    if code is not Code.BAD_ENVELOPE:
        assert error.msg == ids.text("m", envelope.parse(data).msg_id)
    assert (count(relay, "messages"), count(relay, "sequences")) == before
    await bo.say(room)  # somebody else's good message passes
    assert (await anna.say(room)).room == room.room  # and the refused device's next one, with the sequence unchanged


async def test_refused_ones_among_good_ones_in_one_burst(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    for _ in range(10):
        await bo.put(stream.Send(env=bo.seal(room, Ed25519PrivateKey.generate())))
        await anna.post(room)
    assert [(await anna.next(stream.Sent)).pos for _ in range(10)] == list(range(1, 11))
    assert [(await bo.next(stream.Error)).code for _ in range(10)] == [Code.BAD_SIGNATURE] * 10


async def test_previous_epoch_is_accepted_for_a_moment_after_an_addition(
    relay: RelayProcess, home: HomeDoor, anna: Device
):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    early, late = anna.seal(room), anna.seal(room, seq=2)
    await home.change(room, add=[MemberEntry(pid=ids.new_pid(), role=Role.MEMBER)], new_epoch=True)
    await anna.put(stream.Send(env=early))
    assert (await anna.next(stream.Sent)).pos == 1
    await home.change(room, role=[MemberEntry(pid=anna.pid, role=Role.OWNER)])  # not an addition: the moment is over
    assert (await anna.refused(late)).code == Code.EPOCH_STALE


async def test_guest_may_write_where_the_policy_says_so(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    entry = MemberEntry(pid=bo.pid, role=Role.GUEST, until=int(time.time()) + 60)
    room = await home.room(anna.pid, entry, policy=Policy(kind=Kind.GROUP, post="guest"))
    await bo.open(relay.stream)
    assert (await bo.say(room)).pos == 1


async def test_unknown_kind_is_kept(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    assert (await anna.say(room, kind=200)).pos == 1


async def test_largest_envelope_passes(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    assert (await anna.say(room, plain=bytes(60 * 1024))).pos == 1
