"""Meetings, with a real LiveKit: who gets in, who is put out, who hears of it."""

import asyncio
import base64
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from livekit.api import AccessToken, CreateRoomRequest, ListRoomsRequest, LiveKitAPI, VideoGrants

from samrum.plumbing.log import Log
from samrum.relay.app import main
from samrum.relay.config import LiveKitConfig, RelayConfig
from samrum.relay.meetings import actions
from samrum.wire import ids, stream
from samrum.wire.codes import Code
from samrum.wire.statements import NOBODY, Kind, MemberEntry, OutEntry, Policy, Role
from tests.relay import media_server
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, Room, running
from tests.relay.conftest import free_ports
from tests.relay.media_server import LiveKitProcess, inside, notify, put_out

pytestmark = pytest.mark.skipif(not media_server.BINARY.exists(), reason="LiveKit is not built")


@pytest.fixture(scope="module")
def port() -> int:
    """Relay's; LiveKit's are the next but one. Each needs to know the other's."""
    return free_ports()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[LiveKitProcess]:
    """LiveKit for this module."""
    process = LiveKitProcess(tmp_path_factory.mktemp("livekit"), port + 2, f"http://127.0.0.1:{port}")
    asyncio.run(process.start())
    yield process
    process.stop()


@pytest.fixture(scope="module")
def hall(
    tmp_path_factory: pytest.TempPathFactory,
    port: int,
    media: LiveKitProcess,
    authority: Authority,
    stranger: Authority,
) -> Iterator[RelayProcess]:
    """A relay with LiveKit."""
    base = tmp_path_factory.mktemp("hall")
    process = RelayProcess(base, port, authority, stranger, livekit=media.relay_config)
    process.start()
    asyncio.run(process.ready())
    yield process
    assert process.stop() == 0
    log = process.log.read_text()
    assert '"level":"error"' not in log, log
    assert "eyJ" not in log + media.log.read_text()


@pytest.fixture
async def door(hall: RelayProcess, authority: Authority) -> AsyncIterator[HomeDoor]:
    found = HomeDoor(hall, authority)
    yield found
    await found.http.aclose()


async def join(door: HomeDoor, device: Device, room: str, grant: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {grant or device.grant()}", "origin": "http://localhost:21400"}
    return await door.http.post(f"/rooms/{room}/join", headers=headers)


async def joined(door: HomeDoor, device: Device, room: Room) -> tuple[str, str]:
    """Token and meeting."""
    answer = await join(door, device, room.room)
    assert answer.status_code == 200, answer.text
    return answer.json()["token"], answer.json()["meeting"]


async def rooms(media: LiveKitProcess) -> set[str]:
    async with LiveKitAPI(media.http, media_server.KEY, media_server.SECRET) as api:
        return {room.name for room in (await api.room.list_rooms(ListRoomsRequest())).rooms}


async def seen(door: HomeDoor, watcher: Device, meeting: str, *devices: Device) -> None:
    """Tells relay to look and waits until `watcher` is told that exactly these devices are in."""
    await notify(door.relay.http, meeting)
    want = {(one.pid, one.dev) for one in devices}
    async with asyncio.timeout(8):
        while True:
            frame = await watcher.next(stream.Meeting)
            if {(one.pid, one.dev) for one in frame.present} == want:
                assert frame.meeting == (meeting if want else None)
                return


async def test_token_opens_one_room_for_a_minute_and_nothing_else(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device, bo: Device
):
    room = await door.room(anna.pid, bo.pid)
    token, meeting = await joined(door, anna, room)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims.pop("exp") - claims.pop("nbf") <= 60
    assert claims == {
        "iss": media_server.KEY,
        "sub": f"{anna.pid}.{anna.dev}",
        "video": {
            "roomJoin": True,
            "room": meeting,
            "canPublish": True,
            "canSubscribe": True,
            "canPublishData": False,
        },
    }
    ids.raw(meeting, "c")
    assert meeting in await rooms(media)
    assert (await joined(door, bo, room))[1] == meeting
    assert (await joined(door, anna, await door.room(anna.pid)))[1] != meeting


async def test_join_is_refused(
    media: LiveKitProcess, door: HomeDoor, stranger: Authority, anna: Device, bo: Device, hall: RelayProcess
):
    room = await door.room(anna.pid, bo.pid)
    others = await door.room(ids.new_pid())
    over = await door.room(ids.new_pid(), MemberEntry(pid=anna.pid, role=Role.GUEST, until=int(time.time()) - 1))
    await door.change(room, out=[OutEntry(pid=bo.pid, until=int(time.time()) + 60)])
    archived = await door.room(anna.pid, policy=Policy(kind=Kind.GROUP, post=NOBODY))
    revoked = anna.second()
    await door.revoke(revoked.pid, revoked.dev)
    abroad = Device(stranger, anna.pid)
    before = await rooms(media)
    for device, where, grant, status, code in (
        (anna, others.room, None, 403, Code.NOT_A_MEMBER),
        (anna, over.room, None, 403, Code.NOT_A_MEMBER),
        (anna, "r_x", None, 403, Code.NOT_A_MEMBER),
        (anna, ids.new_room(), None, 403, Code.NOT_A_MEMBER),
        (bo, room.room, None, 403, Code.NOT_ALLOWED),
        (anna, archived.room, None, 403, Code.NOT_ALLOWED),
        (revoked, room.room, None, 401, Code.REVOKED),
        (anna, room.room, anna.grant(exp=1), 401, Code.GRANT_EXPIRED),
        (anna, room.room, anna.grant(lobby=room.room), 401, Code.BAD_GRANT),
        (anna, room.room, "x", 401, Code.BAD_GRANT),
        (abroad, room.room, None, 403, Code.BAD_ORIGIN),
    ):
        answer = await join(door, device, where, grant)
        assert (answer.status_code, answer.json()) == (status, {"code": code})
    answer = await door.http.post(f"/rooms/{room.room}/join", headers={"authorization": f"Bearer {abroad.grant()}"})
    assert (answer.status_code, answer.json()) == (403, {"code": Code.NOT_A_MEMBER})
    assert await rooms(media) == before
    await joined(door, anna, room)  # the same set-up lets a member in


async def test_joining_too_often_is_refused(door: HomeDoor, anna: Device):
    room = await door.room(anna.pid)
    answers = [await join(door, anna, room.room) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].json()["retry_after"] > 0


async def test_members_hear_who_is_in(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device, bo: Device
):
    room = await door.room(anna.pid, bo.pid)
    await bo.open(hall.stream)
    token, meeting = await joined(door, anna, room)
    async with inside(media.public, token):
        await seen(door, bo, meeting, anna)
        late = Device(door.authority)
        assert room.room not in (await late.open(hall.stream)).rooms
        await door.change(room, add=[MemberEntry(pid=late.pid, role=Role.MEMBER)])
        assert (await late.next(stream.Meeting)).meeting == meeting
        await late.close()
        assert (await late.open(hall.stream)).meetings[room.room].present == [
            stream.Present(pid=anna.pid, dev=anna.dev)
        ]
        await late.close()
        token, _ = await joined(door, bo, room)
        async with inside(media.public, token):
            await seen(door, bo, meeting, anna, bo)
    await seen(door, bo, meeting)
    await bo.close()
    assert (await bo.open(hall.stream)).meetings == {}
    assert (await joined(door, anna, room))[1] == meeting  # kept for a while


@pytest.mark.parametrize("how", ["removed", "put out", "device revoked", "person revoked"])
async def test_who_loses_the_right_is_put_out_within_two_seconds(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device, bo: Device, how: str
):
    room = await door.room(bo.pid, anna.pid)
    await bo.open(hall.stream)
    token, meeting = await joined(door, anna, room)
    theirs, _ = await joined(door, bo, room)
    async with inside(media.public, token) as ws, inside(media.public, theirs) as other:
        await seen(door, bo, meeting, anna, bo)
        start = time.monotonic()
        if how == "removed":
            await door.change(room, remove=[anna.pid], new_epoch=True)
        elif how == "put out":
            await door.change(room, out=[OutEntry(pid=anna.pid, until=int(time.time()) + 60)], new_epoch=True)
        else:
            await door.revoke(anna.pid, anna.dev if how == "device revoked" else None)
        assert await put_out(ws) == "PARTICIPANT_REMOVED"
        assert time.monotonic() - start < 2
        await seen(door, bo, meeting, bo)
        async with inside(media.public, token) as again:  # the minute of the old token is not over
            await notify(hall.http, meeting)
            assert await put_out(again) == "PARTICIPANT_REMOVED"
        with pytest.raises(TimeoutError):
            await put_out(other, 0.3)


async def test_who_is_over_time_is_put_out(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device, bo: Device
):
    end = int(time.time()) + 3
    room = await door.room(anna.pid, MemberEntry(pid=bo.pid, role=Role.GUEST, until=end))
    await anna.open(hall.stream)
    token, meeting = await joined(door, bo, room)
    async with inside(media.public, token) as ws:
        await seen(door, anna, meeting, bo)
        assert await put_out(ws, 12) == "PARTICIPANT_REMOVED"
        assert time.time() >= end


def minted(room: str, identity: str) -> str:
    """A token that relay did not make: whoever runs LiveKit can."""
    grants = VideoGrants(room_join=True, room=room)
    return AccessToken(media_server.KEY, media_server.SECRET).with_identity(identity).with_grants(grants).to_jwt()


async def test_strangers_are_put_out(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device, bo: Device
):
    room = await door.room(anna.pid, bo.pid)
    await bo.open(hall.stream)
    token, meeting = await joined(door, anna, room)
    async with inside(media.public, token) as ws:
        await seen(door, bo, meeting, anna)
        stranger = Device(door.authority)
        for identity in (
            "somebody",
            f"{stranger.pid}.{stranger.dev}",  # not in the roster
            f"{bo.pid}.{bo.dev}",  # in the roster, but did not join through relay
            f"{anna.pid}.{stranger.dev}",  # another device of somebody who did
        ):
            async with inside(media.public, minted(meeting, identity)) as other:
                await notify(hall.http, meeting)
                assert await put_out(other) == "PARTICIPANT_REMOVED"
        with pytest.raises(TimeoutError):
            await put_out(ws, 0.3)


async def test_strangers_are_found_without_webhook_and_rooms_without_relay(
    hall: RelayProcess, media: LiveKitProcess, door: HomeDoor, anna: Device
):
    room = await door.room(anna.pid)
    _, meeting = await joined(door, anna, room)
    async with LiveKitAPI(media.http, media_server.KEY, media_server.SECRET) as api:
        await api.room.create_room(CreateRoomRequest(name="secret-room"))

    async def one(ws_token: str) -> str:
        async with inside(media.public, ws_token) as ws:
            return await put_out(ws, 8)

    reasons = await asyncio.gather(one(minted(meeting, "somebody")), one(minted("secret-room", "somebody")))
    assert reasons[0] == "PARTICIPANT_REMOVED"
    assert reasons[1] in ("ROOM_DELETED", "CLOSED")
    assert "secret-room" not in await rooms(media)


async def test_webhook_needs_livekits_signature(hall: RelayProcess, door: HomeDoor):
    assert await notify(hall.http, "c_x") == 204
    assert await notify(hall.http, "c_x", secret="x" * 40) == 401
    assert (await door.http.post("/livekit/webhook", content=b"{}")).status_code == 401


async def test_media_key_acknowledgement_goes_to_the_meeting_only(
    hall: RelayProcess, door: HomeDoor, anna: Device, bo: Device
):
    room = await door.room(anna.pid, bo.pid)
    outside = Device(door.authority, bo.pid)
    for device in (anna, bo, outside):
        await device.open(hall.stream)
    _, meeting = await joined(door, anna, room)
    await joined(door, bo, room)
    await anna.put(stream.MediaAck(meeting=meeting, epoch=1))
    expected = stream.MediaAckIs(meeting=meeting, pid=anna.pid, dev=anna.dev, epoch=1)
    assert await bo.next(stream.MediaAckIs) == expected
    assert await anna.quiet(0.2) == []
    assert await outside.quiet(0.1) == []
    await outside.put(stream.MediaAck(meeting=meeting, epoch=1))
    assert (await outside.next(stream.Error)).code == Code.NOT_FOUND
    await outside.close()


async def test_without_livekit_there_is_no_meeting(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    answer = await join(home, anna, room.room)
    assert (answer.status_code, answer.json()) == (503, {"code": Code.NO_MEDIA})


async def test_restart_of_relay_and_of_livekit(tmp_path: Path, authority: Authority, bo: Device, anna: Device):
    port = free_ports()
    media = LiveKitProcess(tmp_path, port + 2, f"http://127.0.0.1:{port}")
    relay = RelayProcess(tmp_path, port, authority, livekit=media.relay_config)
    await media.start()
    door = HomeDoor(relay, authority)
    try:
        async with running(relay):
            room = await door.room(anna.pid, bo.pid)
            await bo.open(relay.stream)
            token, meeting = await joined(door, anna, room)
            async with inside(media.public, token) as ws:
                await seen(door, bo, meeting, anna)
                relay.kill()
                relay.start()
                await relay.ready()
                await bo.open(relay.stream)
                with pytest.raises(TimeoutError):
                    await put_out(ws, 0.5)
                assert (await joined(door, bo, room))[1] == meeting
                await bo.close()
                frame = (await bo.open(relay.stream)).meetings[room.room]
                assert frame.present == [stream.Present(pid=anna.pid, dev=anna.dev)]
                # As if relay had died between a roster's commit and what follows from it.
                relay.kill()
                with contextlib.closing(sqlite3.connect(relay.database)) as db, db:
                    db.execute("DELETE FROM members WHERE room = ? AND pid = ?", (room.room, anna.pid))
                relay.start()
                assert await put_out(ws) == "PARTICIPANT_REMOVED"
                await relay.ready()
                with contextlib.closing(sqlite3.connect(relay.database)) as db, db:
                    db.execute("INSERT INTO members VALUES (?, ?, 'member', NULL)", (room.room, anna.pid))
            media.stop()
            answer = await join(door, anna, room.room)
            assert (answer.status_code, answer.json()["code"]) == (503, Code.NO_MEDIA)
            await media.start()
            await joined(door, anna, room)
    finally:
        media.stop()
        await door.http.aclose()
        await bo.close()


class MovedClock:
    """The machine's clock, moved ahead."""

    ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


async def test_empty_call_is_forgotten_after_a_minute(
    tmp_path: Path, authority: Authority, anna: Device, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(actions, "POLL_SECONDS", 0.2)
    port = free_ports()
    media = LiveKitProcess(tmp_path, port + 2, f"http://127.0.0.1:{port}")
    await media.start()
    relay = RelayProcess(tmp_path, port, authority)
    config = RelayConfig(
        http=f"127.0.0.1:{port}",
        stream=f"127.0.0.1:{port + 1}",
        data=str(tmp_path / "relay"),
        objects=str(tmp_path),
        tenants=str(tmp_path / "tenants.json"),
        livekit=LiveKitConfig(**media.relay_config),
    )
    clock, stop = MovedClock(), asyncio.Event()
    task = asyncio.create_task(main(config, stop, clock=clock, log=Log()))
    door = HomeDoor(relay, authority)
    try:
        for _ in range(100):
            try:
                await door.http.get("/health")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        room = await door.room(anna.pid)
        _, meeting = await joined(door, anna, room)
        clock.ahead = 50
        await notify(relay.http, meeting)
        await asyncio.sleep(0.2)
        assert (await joined(door, anna, room))[1] == meeting
        # While LiveKit is away nobody knows who is in.
        media.stop()
        clock.ahead = 115
        await asyncio.sleep(0.8)
        await media.start()
        await notify(relay.http, meeting)
        await asyncio.sleep(0.2)
        assert (await joined(door, anna, room))[1] == meeting
        clock.ahead = 240
        await notify(relay.http, meeting)
        await asyncio.sleep(0.2)
        assert (await joined(door, anna, room))[1] != meeting
        assert meeting not in await rooms(media)
    finally:
        await door.http.aclose()
        stop.set()
        await task
        media.stop()
