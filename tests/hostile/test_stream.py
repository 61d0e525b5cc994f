"""What relay's stream port has to bear: nonsense, slowness, crowds, stolen and replayed statements, spoilt envelopes.

Every test runs while two others talk (`talk.goes_on`): their messages pass in time, and nothing else that is new is stored.
"""

import asyncio
import contextlib
import os
import random
import resource
import secrets
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.relay.stream import listener
from samrum.wire import envelope, ids, stream
from samrum.wire.codes import Code
from samrum.wire.statements import MemberEntry, Role
from tests.hostile.conftest import LATENCY, Talk
from tests.hostile.raw import BINARY, PONG, Raw, frame, upgrade
from tests.relay.client import ORIGIN, Authority, Device, HomeDoor, RelayProcess, Room

MIB = 1 << 20
pytestmark = pytest.mark.servers


@pytest.fixture
def many_files() -> Iterator[None]:
    """Enough open files for a crowd."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 8192) if before[1] > 0 else 8192, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


# ---- nonsense


async def test_a_mebibyte_of_nonsense_at_every_stage(relay: RelayProcess, talk: Talk, mallory: Device):
    dice = random.Random(4)
    noise = dice.randbytes(MIB)
    framed = b"".join(frame(BINARY, dice.randbytes(dice.randrange(1, 4000))) for _ in range(520))
    lines = b"GET / HTTP/1.1\r\n" + b"x: " + noise.replace(b"\r\n\r\n", b"") + b"\r\n\r\n"
    async with talk.goes_on():
        for data in (noise, b"\0" * MIB, b"\r\n" * (MIB // 2), lines, upgrade(ORIGIN)[:-2] + noise):
            async with await Raw.bare(relay.stream) as raw:
                await raw.send(data)
                with contextlib.suppress(ConnectionError):
                    answer = await asyncio.wait_for(raw.reader.read(), 5)
                    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
        for data in (noise, b"\0" * MIB, b"\xff" * MIB, framed):
            for raw in (await Raw.dial(relay.stream, ORIGIN), await Raw.enter(relay.stream, mallory, ORIGIN)):
                async with raw:
                    await raw.send(data)
                    bye, close = await raw.end()
                    assert (bye, close) in {(Code.BAD_FRAME, 1000), (None, 1002), (None, None)}, (bye, close)


async def test_frames_that_are_none(relay: RelayProcess, talk: Talk, mallory: Device):
    room, re = ids.new_room().encode(), b"\xa2re\x01"
    bad = [
        b"",
        b"\x03",
        b"\x00\x80",  # no such type
        stream.encode(stream.Pong(now=1)),  # relay's own
        b"\x04\x82" + re + b"\xa4room\xbc" + room + b"\xff",  # bytes after the map
        b"\x04\x83" + re + b"\xa4room\xbc" + room + b"\xa4name\xa1x",  # a field that is not in the schema
        b"\x04\x82\xa2re\xa11\xa4room\xbc" + room,  # text for a number
        b"\x04\x82\xa2re\xff\xa4room\xbc" + room,  # below zero
        b"\x04\x83" + re + b"\xa4room\xbc" + room + b"\xa5limit\xcd\x00\xc9",  # 201
        b"\x04\x82" + re + b"\xa4room\xa3r_x",  # no id
        b"\x05\x82\xa4room\xbc" + room + b"\xa3pos\xcf" + b"\xff" * 8,  # beyond a browser's numbers
        b"\x03\x81\xa3env" + b"\x91" * 60_000,  # nested
        b"\x03\xdf\xff\xff\xff\xff",  # a map that says it is long
        b"\x03\x81\xa3env\xc6\xff\xff\xff\xff",  # bytes that say they are many
    ]
    async with talk.goes_on():
        for data in bad:
            async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
                await raw.send(frame(BINARY, data))
                assert await raw.end() == (Code.BAD_FRAME, 1000), data[:20]
        async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
            for again in (
                stream.Hello(v=1, grant=mallory.grant()),
                stream.Proof(sig=bytes(64)),
            ):  # in order, but too late
                await raw.put(again)
                assert (await raw.take(stream.Error)).code == Code.BAD_FRAME


# ---- slowness and crowds


async def trickled(url: str, data: bytes, pause: float) -> tuple[float, bytes]:
    """Sends a byte at a time; seconds until the other side ended it or answered, and the answer."""
    begun = time.monotonic()
    async with await Raw.bare(url) as raw:
        reading = asyncio.create_task(raw.reader.read(MIB))
        for one in data:
            if reading.done():
                break
            await raw.send(bytes([one]))
            await asyncio.wait([reading], timeout=pause)
        try:
            answer = await asyncio.wait_for(reading, 20)
        except ConnectionError:
            answer = b""
        return time.monotonic() - begun, answer


async def test_a_byte_at_a_time(relay: RelayProcess, talk: Talk):
    """Slow handshakes and requests are served if they are whole in time, and cut otherwise; so is silence."""
    health = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    body = b"POST /livekit/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    async with talk.goes_on():
        found = await asyncio.gather(
            trickled(relay.stream, upgrade(ORIGIN), 0.01),
            trickled(relay.http, health, 0.05),
            trickled(relay.stream, upgrade(ORIGIN), 0.5),
            trickled(relay.stream, b"", 0),
            trickled(relay.http, health * 10, 0.8),
            trickled(relay.http, b"", 0),
            trickled(relay.http, body + b"x" * 400, 0.2),
        )
    assert found[0][1].startswith(b"HTTP/1.1 101 ")
    assert found[1][1].startswith(b"HTTP/1.1 200 ")
    assert [(answer, seconds < 20) for seconds, answer in found[2:]] == [(b"", True)] * 5


@contextlib.asynccontextmanager
async def crowd(url: str, *, up: int = 0, bare: int = 0) -> AsyncIterator[list[Raw]]:
    """Connections that do nothing: `up` of them upgraded, the first ones first, `bare` of them not even that."""
    async with contextlib.AsyncExitStack() as stack:
        raws = [await stack.enter_async_context(await Raw.dial(url, ORIGIN)) for _ in range(up)]
        yield raws + [await stack.enter_async_context(await Raw.bare(url)) for _ in range(bare)]


@pytest.mark.usefixtures("many_files")
async def test_a_thousand_half_open_connections_keep_nobody_out(
    relay: RelayProcess, talk: Talk, mallory: Device, home: HomeDoor
):
    over = 50
    async with (
        talk.goes_on(),
        crowd(relay.stream, up=listener.HALF_OPEN + over) as raws,
        crowd(relay.stream, bare=1000),
        crowd(relay.http, bare=1000),
    ):
        begun = time.monotonic()
        await mallory.open(relay.stream)  # somebody new comes in all the same
        assert time.monotonic() - begun < LATENCY
        assert (await home.http.get("/health")).status_code == 200
        gone = [await raw.end(5) for raw in raws[:over]]  # the oldest went; or their ten seconds are over
        assert {code for code, _ in gone} <= {Code.RATE_LIMITED, Code.BAD_GRANT}
        assert gone[0][0] == Code.RATE_LIMITED


async def test_pings_by_who_does_not_read_are_bounded(relay: RelayProcess, talk: Talk, mallory: Device):
    async with talk.goes_on(), await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        await raw.send(frame(PONG, bytes(125)) * (2 * stream.FRAMES_PER_10_S + 1))
        bye, _ = await raw.end()
        assert bye == Code.RATE_LIMITED


async def test_device_id_of_another_tenant_is_another_budget(
    relay: RelayProcess, talk: Talk, stranger: Authority, mallory: Device
):
    """Ids are chosen by devices: who takes another's must not use up what the other may send."""
    twin = Device(stranger, mallory.pid)
    twin.dev = mallory.dev
    async with talk.goes_on():
        await mallory.open(relay.stream)
        await twin.open(relay.stream, origin=stranger.origins[0])
        for _ in range(stream.FRAMES_PER_10_S + 1):
            await twin.put(stream.Ping())
        assert (await twin.next(stream.Error)).code == Code.RATE_LIMITED
        await mallory.put(stream.Ping())
        await mallory.next(stream.Pong)
    await twin.close()


# ---- statements that are not one's own


async def answer_to(
    relay: RelayProcess, device: Device, grant: str, key: Ed25519PrivateKey, replayed: bytes | None = None
) -> tuple[bytes, str]:
    """Says hello as a device and proves it with `key`, or with a proof that was seen before: that proof, relay's answer."""
    async with await Raw.dial(relay.stream, ORIGIN) as raw:
        await raw.put(stream.Hello(v=1, grant=grant))
        nonce = (await raw.take(stream.Nonce)).nonce
        sig = replayed or key.sign(stream.hello_bytes(device.authority.tenant, device.dev, grant, nonce, ORIGIN))
        await raw.put(stream.Proof(sig=sig))
        got = await raw.get()
        assert got is not None
        answer = stream.decode(got.payload, stream.RELAY)
        return sig, answer.code if isinstance(answer, stream.Bye) else type(answer).__name__


async def test_replayed_proof_and_stolen_grant(relay: RelayProcess, talk: Talk, mallory: Device):
    victim = talk.anna.second()
    grant = victim.grant()
    sig, answer = await answer_to(relay, victim, grant, victim.key)
    assert answer == "Welcome"
    async with talk.goes_on():
        for stolen, proof in (
            (grant, sig),  # all that went over the wire, said again to another nonce
            (grant, None),  # the grant without its key
            (victim.grant(), sig),  # an old proof with a newer grant
        ):
            assert (await answer_to(relay, victim, stolen, mallory.key, proof))[1] == Code.BAD_SIGNATURE


async def test_what_is_asked_about_rooms_of_others(
    relay: RelayProcess, talk: Talk, mallory: Device, home: HomeDoor, stranger: Authority
):
    foreign = Device(stranger, talk.anna.pid)  # the same pseudonym, another tenant
    removed = await home.room(talk.anna.pid, mallory.pid)
    await home.change(removed, remove=[mallory.pid], new_epoch=True)
    lobby = mallory.grant(lobby=talk.room.room)
    await mallory.open(relay.stream)
    await foreign.open(relay.stream, origin=stranger.origins[0])
    asked = [(mallory, room) for room in (talk.room.room, removed.room, ids.new_room())] + [(foreign, talk.room.room)]
    async with talk.goes_on():
        for device, room in asked:
            for ask in (
                stream.History(re=1, room=room),
                stream.Last(re=1, room=room),
                stream.Read(room=room, pos=1),
                stream.Typing(room=room),
            ):
                await device.put(ask)
                assert (await device.next(stream.Error)).code == Code.NOT_A_MEMBER, ask
            await device.put(stream.MediaAck(meeting=ids.new_call(), epoch=1))
            assert (await device.next(stream.Error)).code == Code.NOT_FOUND
        await mallory.put(stream.Renew(grant=lobby))
        assert (await mallory.next(stream.Error)).code == Code.BAD_GRANT
        assert not [one for one in mallory.seen + foreign.seen if isinstance(one, stream.Batch | stream.TypingIs)]
    await foreign.close()


# ---- envelopes


def spoilt(
    mallory: Device, talk: Talk, elsewhere: Room, theirs: Room, replayed: bytes
) -> dict[str, tuple[bytes, Code]]:
    """Envelopes that must not be stored, by what is wrong with them. Mallory is a member of `talk.room`."""
    room = talk.room
    good = mallory.seal(room)
    mine = mallory.seal(elsewhere)
    moved = bytearray(mine)
    moved[20:36], moved[36:52] = ids.raw(room.room, "r"), good[36:52]  # room and key id
    cut = {f"cut at {at}": (good[:at], Code.BAD_ENVELOPE) for at in (0, 3, 100, envelope.HEAD_BYTES, len(good) - 1)}
    return cut | {
        "of another device, replayed": (replayed, Code.BAD_ENVELOPE),
        "of another tenant": (mallory.seal(room, tenant=secrets.token_bytes(16)), Code.BAD_ENVELOPE),
        "of another person": (mallory.seal(room, pid=ids.raw(talk.anna.pid, "p")), Code.BAD_ENVELOPE),
        "of the person's other device": (mallory.seal(room, dev=secrets.token_bytes(16)), Code.BAD_ENVELOPE),
        "moved to another room": (bytes(moved), Code.BAD_SIGNATURE),
        "lengthened": (good + b"\0", Code.BAD_ENVELOPE),
        "oversized": (good + bytes(envelope.MAX_BYTES), Code.BAD_ENVELOPE),
        "noise": (os.urandom(4000), Code.BAD_ENVELOPE),
        "another version": (b"SM2" + good[3:], Code.BAD_ENVELOPE),
        "another suite": (good[:3] + b"\2" + good[4:], Code.BAD_ENVELOPE),
        "out of turn": (mallory.seal(room, seq=2), Code.SEQ_REFUSED),
        "far out of turn": (mallory.seal(room, seq=envelope.MAX_NUMBER), Code.SEQ_REFUSED),
        "an epoch to come": (mallory.seal(room, epoch=9), Code.EPOCH_AHEAD),
        "an epoch that was never": (mallory.seal(room, epoch=0), Code.EPOCH_STALE),
        "a key of another room": (mallory.seal(room, key_id=secrets.token_bytes(16)), Code.EPOCH_STALE),
        "a stranger's room": (mallory.seal(theirs), Code.NOT_A_MEMBER),
        "a room that is not": (mallory.seal(talk.anna.authority.room(mallory.pid)), Code.NOT_A_MEMBER),
        "yesterday's": (mallory.seal(room, sent_at=int(time.time()) - 86_400), Code.CLOCK),
        "tomorrow's": (mallory.seal(room, sent_at=int(time.time()) + 86_400), Code.CLOCK),
        "by another key": (mallory.seal(room, Ed25519PrivateKey.generate()), Code.BAD_SIGNATURE),
        "changed": (good[:-65] + bytes([good[-65] ^ 1]) + good[-64:], Code.BAD_SIGNATURE),
    }


async def test_spoilt_envelopes(relay: RelayProcess, talk: Talk, mallory: Device, home: HomeDoor):
    elsewhere, theirs = await home.room(mallory.pid), await home.room(talk.anna.pid)
    await home.change(talk.room, add=[MemberEntry(pid=mallory.pid, role=Role.MEMBER)])
    replayed = await talk.anna.post(talk.room)
    await talk.anna.next(stream.Sent)
    await talk.bo.next(stream.Batch)
    await mallory.open(relay.stream)
    async with talk.goes_on():
        for name, (data, code) in spoilt(mallory, talk, elsewhere, theirs, replayed).items():
            assert (await mallory.refused(data)).code == code, name
    before = mallory.seal(talk.room)
    assert (await mallory.say(talk.room)).room == talk.room.room  # refusals cost no sequence number
    assert (await mallory.refused(before)).code == Code.SEQ_REFUSED  # and an older draft is too late now


async def test_envelope_stored_before_a_change_of_key_is_stale_after_it(
    relay: RelayProcess, talk: Talk, mallory: Device, home: HomeDoor
):
    room = await home.room(talk.anna.pid, mallory.pid, talk.bo.pid)
    await mallory.open(relay.stream)
    draft = mallory.seal(room)
    await home.change(room, remove=[talk.bo.pid], new_epoch=True)
    async with talk.goes_on():
        assert (await mallory.refused(draft)).code == Code.EPOCH_STALE
        renamed = mallory.seal(room, epoch=envelope.parse(draft).epoch)  # the old number under the new key's id
        assert (await mallory.refused(renamed)).code == Code.EPOCH_STALE
