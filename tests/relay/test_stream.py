"""The connection: who may enter, how it is bounded, how it ends."""

import asyncio
import contextlib
import secrets
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from samrum.wire import ids, stream
from samrum.wire.codes import Code
from tests.relay.client import ORIGIN, Authority, Device, HomeDoor, RelayProcess


async def refused_upgrade(relay: RelayProcess, **options: Any) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(relay.stream, **options):
            pass
    return caught.value.response.status_code, bytes(caught.value.response.body or b"")


@pytest.mark.wheel
async def test_welcome_shows_rooms_and_clock(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid, ids.new_pid())
    await home.room(ids.new_pid())  # not anna's
    welcome = await anna.open(relay.stream)
    assert abs(welcome.now / 1000 - time.time()) < 5
    expected = stream.RoomHead(pos=0, version=1, members=room.state.members_hash())
    assert welcome.rooms == {room.room: expected}
    assert welcome.meetings == {}


@pytest.mark.wheel
async def test_cookie_is_refused_and_not_read(relay: RelayProcess):
    status, body = await refused_upgrade(relay, origin=ORIGIN, additional_headers={"Cookie": "__Host-samrum=secret"})
    assert (status, body) == (400, b'{"code":"cookie_refused"}')
    assert "secret" not in relay.log.read_text()


@pytest.mark.parametrize("origin", [None, "null", "http://localhost:1", "http://evil.example"])
async def test_foreign_origin_is_refused(relay: RelayProcess, origin: str | None):
    assert await refused_upgrade(relay, origin=origin) == (403, b'{"code":"bad_origin"}')


async def test_page_of_another_tenant_is_refused(relay: RelayProcess, anna: Device, stranger: Authority):
    await anna.dial(relay.stream, stranger.origins[0])
    await anna.put(stream.Hello(v=1, grant=anna.grant()))
    assert await anna.bye() == Code.BAD_ORIGIN


GRANTS: list[tuple[str, dict[str, Any], Code]] = [
    ("expired", {"exp": int(time.time()) - 1}, Code.GRANT_EXPIRED),
    ("for another zone", {"aud": "home"}, Code.BAD_GRANT),
    ("of a lobby", {"lobby": ids.new_room()}, Code.BAD_GRANT),
    ("from the future", {"iat": int(time.time()) + 3600}, Code.BAD_GRANT),
    ("of a tenant that is not here", {"iss": ids.new_tenant()}, Code.BAD_GRANT),
]


@pytest.mark.parametrize(("changes", "code"), [row[1:] for row in GRANTS], ids=[row[0] for row in GRANTS])
async def test_bad_grant(relay: RelayProcess, anna: Device, changes: dict[str, Any], code: Code):
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=1, grant=anna.grant(**changes)))
    assert await anna.bye() == code


async def test_grant_signed_by_another_key(relay: RelayProcess, anna: Device, authority: Authority):
    forger = Authority()
    forger.tenant, forger.kid = authority.tenant, authority.kid
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=1, grant=forger.grant(anna.pid, anna.dev, anna.key)))
    assert await anna.bye() == Code.BAD_GRANT


@pytest.mark.parametrize("what", ["", "a.b.c", "ö", "." * 50])
async def test_grant_that_is_none(relay: RelayProcess, anna: Device, what: str):
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=1, grant=what))
    assert await anna.bye() == Code.BAD_GRANT


async def test_another_statement_is_no_grant(relay: RelayProcess, anna: Device, authority: Authority):
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=1, grant=authority.room(anna.pid).rosters[0]))
    assert await anna.bye() == Code.BAD_GRANT


@pytest.mark.wheel
@pytest.mark.parametrize("what", ["key", "nonce", "origin", "length"])
async def test_proof_that_fails(relay: RelayProcess, anna: Device, what: str):
    grant = anna.grant()
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=1, grant=grant))
    nonce = (await anna.next(stream.Nonce)).nonce
    assert len(nonce) == 32
    key = Ed25519PrivateKey.generate() if what == "key" else anna.key
    nonce = secrets.token_bytes(32) if what == "nonce" else nonce
    origin = "http://localhost:21499" if what == "origin" else ORIGIN
    sig = key.sign(stream.hello_bytes(anna.authority.tenant, anna.dev, grant, nonce, origin))
    await anna.put(stream.Proof(sig=sig[:-1] if what == "length" else sig))
    assert await anna.bye() == Code.BAD_SIGNATURE


@pytest.mark.parametrize(
    "frame", [stream.Ping(), stream.Proof(sig=bytes(64)), stream.History(re=1, room=ids.new_room())]
)
async def test_nothing_before_hello(relay: RelayProcess, anna: Device, frame: Any):
    await anna.dial(relay.stream)
    await anna.put(frame)
    assert await anna.bye() == Code.BAD_FRAME


async def test_newer_version_is_told(relay: RelayProcess, anna: Device):
    await anna.dial(relay.stream)
    await anna.put(stream.Hello(v=2, grant=anna.grant()))
    assert await anna.bye() == Code.UNSUPPORTED


@pytest.mark.parametrize("data", [b"", b"\x03", b"\x03\x80", b"\xff\x80", b"\x40\x80", b"\x09\x81\xa1x\x01", "text"])
async def test_bad_frame_ends_the_connection(relay: RelayProcess, anna: Device, data: bytes | str):
    await anna.open(relay.stream)
    await anna.ws.send(data)
    assert await anna.bye() == Code.BAD_FRAME


async def test_message_in_pieces_is_refused(relay: RelayProcess, anna: Device):
    await anna.open(relay.stream)
    await anna.ws.send([stream.encode(stream.Ping())[:1], stream.encode(stream.Ping())[1:]])
    assert await anna.bye() == Code.BAD_FRAME


async def test_frame_over_the_limit_ends_the_connection(relay: RelayProcess, anna: Device):
    await anna.open(relay.stream)
    await anna.ws.send(bytes(stream.MAX_FRAME + 1))
    with pytest.raises(ConnectionClosed):
        await anna.next(stream.Pong)


async def test_ping(relay: RelayProcess, anna: Device):
    await anna.open(relay.stream)
    await anna.put(stream.Ping())
    assert abs((await anna.next(stream.Pong)).now / 1000 - time.time()) < 5
    await asyncio.wait_for(await anna.ws.ping(), 2)  # WebSocket's own


async def test_two_hundred_frames_in_ten_seconds(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    for _ in range(stream.FRAMES_PER_10_S):
        await anna.put(stream.Ping())
    for _ in range(stream.FRAMES_PER_10_S):
        await anna.next(stream.Pong)
    data = anna.seal(room)
    error = await anna.refused(data)
    assert error.code == Code.RATE_LIMITED
    assert 0 < (error.retry_after or 0) <= 10
    assert error.msg is not None
    await bo.say(room)
    await anna.close()
    await anna.open(relay.stream)  # a new connection is no new budget
    assert (await anna.refused(data)).code == Code.RATE_LIMITED
    for _ in range(stream.FRAMES_PER_10_S):  # and whoever goes on is put out
        await anna.put(stream.Ping())
    assert await anna.bye() == Code.RATE_LIMITED


async def test_slow_reader_is_closed_and_others_go_on(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream, max_queue=1)
    for _ in range(150):  # 9 MB: more than the kernel's buffers and the queue
        await anna.say(room, plain=bytes(60 * 1024))
    byes = [line for line in relay.log.read_text().splitlines() if bo.dev in line]
    assert len(byes) == 1
    assert '"code":"slow"' in byes[0]
    with contextlib.suppress(ConnectionClosed):
        while True:
            await bo.get()
    assert len(bo.seen) < 150
    welcome = await bo.open(relay.stream)  # it comes back and reads what it missed
    assert welcome.rooms[room.room].pos == 150


async def test_same_device_replaces_its_older_connection(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    older, anna._ws = anna._ws, None
    await anna.open(relay.stream)
    assert older is not None
    data = await older.recv()
    assert isinstance(data, bytes)
    assert stream.decode(data, stream.RELAY) == stream.Bye(code=Code.REPLACED)
    await older.close()
    assert (await anna.say(room)).pos == 1


async def test_other_device_of_the_person_does_not_replace(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    second = anna.second()
    await anna.open(relay.stream)
    await second.open(relay.stream)
    await anna.say(room)
    assert (await second.next(stream.Batch)).pos == 1


async def test_grant_end_closes_and_renewal_prevents_it(relay: RelayProcess, anna: Device, bo: Device):
    soon = int(time.time()) + 2
    await anna.open(relay.stream, grant=anna.grant(exp=soon))
    await bo.open(relay.stream, grant=bo.grant(exp=soon))
    await bo.put(stream.Renew(grant=bo.grant()))
    assert await anna.bye() == Code.GRANT_EXPIRED
    assert time.time() >= soon
    await bo.put(stream.Ping())
    await bo.next(stream.Pong)


async def test_renewal_with_another_devices_grant_is_refused(relay: RelayProcess, anna: Device, bo: Device):
    await anna.open(relay.stream)
    for grant in (bo.grant(), anna.authority.grant(anna.pid, anna.dev, bo.key), anna.grant(exp=1)):
        await anna.put(stream.Renew(grant=grant))
        assert (await anna.next(stream.Error)).code in (Code.BAD_GRANT, Code.GRANT_EXPIRED)


async def test_silence_before_hello_is_closed(relay: RelayProcess, authority: Authority):
    devices = [Device(authority) for _ in range(3)]
    for device in devices:
        await device.dial(relay.stream)
    await devices[1].put(stream.Hello(v=1, grant=devices[1].grant()))
    start = time.monotonic()
    for device in devices:
        assert (await device.next(stream.Bye, 12)).code == Code.BAD_GRANT
        await device.close()
    assert 8 < time.monotonic() - start < 12


async def test_typing_is_passed_on_to_others_in_the_room(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    await anna.put(stream.Typing(room=room.room))
    assert await bo.next(stream.TypingIs) == stream.TypingIs(room=room.room, pid=anna.pid)
    assert await anna.quiet(0.2) == []
    await anna.put(stream.Typing(room=ids.new_room()))
    assert (await anna.next(stream.Error)).code == Code.NOT_A_MEMBER


async def test_upgrade_that_is_none_leaves_no_trace(relay: RelayProcess, anna: Device):
    port = int(relay.stream.rpartition(":")[2])
    for junk in (
        b"GET / HTTP/1.1\r\nHost: x\r\nOrigin: " + ORIGIN.encode() + b"\r\n\r\n",
        b"\x16\x03\x01",
        b"\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(junk)
        await writer.drain()
        with contextlib.suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(reader.read(), 0.3)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    await anna.open(relay.stream)
