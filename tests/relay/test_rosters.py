"""Rosters: what relay applies, what it refuses, who hears of it, and that its table is what it says and enforces."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from samrum.wire import envelope, ids, jws, stream
from samrum.wire.base import Problem
from samrum.wire.codes import Code
from samrum.wire.relay_api import PutRoster
from samrum.wire.statements import Epoch, Hint, Kind, MemberEntry, Policy, Role, Roster, members_hash
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, Room
from tests.relay.conftest import count


def member(pid: Any, role: Role = Role.MEMBER, until: int | None = None) -> MemberEntry:
    return MemberEntry(pid=pid, role=role, until=until)


async def refused(home: HomeDoor, statement: str) -> tuple[int, str, int | None]:
    before = count(home.relay, "rosters"), count(home.relay, "members"), count(home.relay, "rooms")
    answer = await home.post("rosters", PutRoster(jws=statement))
    assert (count(home.relay, "rosters"), count(home.relay, "members"), count(home.relay, "rooms")) == before
    problem = msgspec.json.decode(answer.content, type=Problem)
    return answer.status_code, problem.code, problem.have


async def test_versions_are_applied_in_order_and_repeats_change_nothing(home: HomeDoor):
    room = home.authority.room(ids.new_pid())
    for _ in range(3):
        home.authority.change(room, add=[member(ids.new_pid())])
    assert await refused(home, room.rosters[1]) == (409, Code.ROSTER_GAP, 0)
    assert await home.roster(room.rosters[0]) == 1
    assert await refused(home, room.rosters[2]) == (409, Code.ROSTER_GAP, 1)
    assert [await home.roster(one) for one in room.rosters[1:]] == [2, 3, 4]
    assert [await home.roster(one) for one in room.rosters] == [4, 4, 4, 4]


@pytest.mark.wheel
async def test_stored_verbatim(relay: RelayProcess, home: HomeDoor):
    room = await home.room(ids.new_pid())
    await home.change(room, add=[member(ids.new_pid())])
    with contextlib.closing(sqlite3.connect(relay.database)) as database:
        found = database.execute("SELECT jws FROM rosters WHERE room = ? ORDER BY version", [room.room]).fetchall()
    assert [row[0] for row in found] == room.rosters


async def test_fork_is_refused(home: HomeDoor):
    room = home.authority.room(ids.new_pid())
    await home.roster(room.rosters[0])
    fork = home.authority.sign(home.authority.roster(room, add=[member(ids.new_pid())]))
    await home.change(room, add=[member(ids.new_pid())])
    assert await refused(home, fork) == (409, Code.BAD_ROSTER, 2)


Spoil = Callable[[HomeDoor, Room], str]


def spoiled(**changes: Any) -> Spoil:
    def spoil(home: HomeDoor, room: Room) -> str:
        return home.authority.sign(msgspec.structs.replace(home.authority.roster(room), **changes))

    return spoil


def by_another_key(home: HomeDoor, room: Room) -> str:
    forger = Authority()
    forger.tenant, forger.kid = home.authority.tenant, home.authority.kid
    return forger.sign(home.authority.roster(room))


def changed_after_signing(home: HomeDoor, room: Room) -> str:
    head, _, signature = home.authority.sign(home.authority.roster(room)).split(".")
    forged = home.authority.roster(room, add=[member(ids.new_pid(), Role.OWNER)])
    return f"{head}.{jws.b64(msgspec.json.encode(forged))}.{signature}"


def another_statement(home: HomeDoor, _room: Room) -> str:
    device = Device(home.authority)
    return device.grant()


NEXT = Epoch(n=3, key_id=ids.new_key_id(), kc=jws.FIRST)
BAD: list[tuple[str, Spoil]] = [
    ("by another key", by_another_key),
    ("changed after signing", changed_after_signing),
    ("another statement", another_statement),
    ("of another tenant", spoiled(tenant=ids.new_tenant())),
    ("not chained", spoiled(prev=jws.FIRST)),
    ("removes nobody there", spoiled(remove=[ids.new_pid()])),
    ("role of nobody there", spoiled(role=[member(ids.new_pid())])),
    ("epoch skipped", spoiled(epoch=NEXT)),
    ("same epoch, other key", spoiled(epoch=msgspec.structs.replace(NEXT, n=1))),
    ("unknown role to post", spoiled(policy=Policy(kind=Kind.GROUP, post="anybody"))),
]


@pytest.mark.parametrize("spoil", [row[1] for row in BAD], ids=[row[0] for row in BAD])
async def test_bad_roster_changes_nothing(home: HomeDoor, spoil: Spoil):
    room = await home.room(ids.new_pid())
    status, code, _ = await refused(home, spoil(home, room))
    assert (status, code) == (409, Code.BAD_ROSTER)
    assert await home.change(room, add=[member(ids.new_pid())]) == 2  # a good one still fits


async def test_adding_somebody_who_is_there_is_refused(home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    statement = home.authority.sign(home.authority.roster(room, add=[member(anna.pid)]))
    assert await refused(home, statement) == (409, Code.BAD_ROSTER, 1)


async def test_another_tenant_cannot_touch_a_room(home: HomeDoor, abroad: HomeDoor, stranger: Authority, anna: Device):
    room = await home.room(anna.pid)
    for version, prev in ((1, jws.FIRST), (2, room.state.head)):
        roster = msgspec.structs.replace(
            home.authority.roster(room), tenant=stranger.tenant, version=version, prev=prev, epoch=room.state.epoch
        )
        status, code, _ = await refused(abroad, stranger.sign(roster))
        assert (status, code) == (409, Code.BAD_ROSTER)
    elsewhere = home.authority.room(anna.pid)  # nor make one for another
    roster = msgspec.structs.replace(jws.peek(elsewhere.rosters[0], Roster), tenant=stranger.tenant)
    assert (await refused(home, home.authority.sign(roster)))[1] == Code.BAD_ROSTER


async def test_same_pseudonym_of_another_tenant_is_nobody(
    relay: RelayProcess, home: HomeDoor, stranger: Authority, anna: Device
):
    room = await home.room(anna.pid)
    other = Device(stranger, anna.pid)
    welcome = await other.open(relay.stream, origin=stranger.origins[0])
    assert welcome.rooms == {}
    assert (await other.refused(other.seal(room))).code == Code.NOT_A_MEMBER
    await other.put(stream.History(re=1, room=room.room))
    assert (await other.next(stream.Error)).code == Code.NOT_A_MEMBER
    await other.put(stream.Read(room=room.room, pos=1))
    assert (await other.next(stream.Error)).code == Code.NOT_A_MEMBER
    await anna.open(relay.stream)
    await anna.say(room)
    assert await other.quiet() == []
    await other.close()


# ---- home's signed calls


async def test_call_is_for_one_body_path_method_moment_and_use(relay: RelayProcess, home: HomeDoor):
    room = home.authority.room(ids.new_pid())
    body = PutRoster(jws=room.rosters[0])
    now = int(time.time())
    for changes in (
        {"bh": jws.FIRST},
        {"path": f"/tenants/{home.authority.tenant}/hints"},
        {"htm": "PUT"},
        {"iat": now - 61},
        {"iat": now + 90},
        {"tenant": ids.new_tenant()},
    ):
        answer = await home.post("rosters", body, **changes)
        assert (answer.status_code, answer.json()) == (401, {"code": Code.BAD_CALL}), changes
    data = msgspec.json.encode(body)
    path = f"/tenants/{home.authority.tenant}/rosters"
    headers = {"authorization": home.authority.call("POST", path, data)}
    assert (await home.http.post(path, content=data, headers=headers)).status_code == 200
    assert (await home.http.post(path, content=data, headers=headers)).status_code == 401


async def test_call_of_another_tenant_or_none(relay: RelayProcess, home: HomeDoor, stranger: Authority):
    data = msgspec.json.encode(PutRoster(jws=home.authority.room(ids.new_pid()).rosters[0]))
    path = f"/tenants/{home.authority.tenant}/rosters"
    grant = Device(home.authority).grant()
    for value in (
        None,
        "",
        "Samrum",
        "Samrum x",
        f"Bearer {grant}",
        f"Samrum {grant}",
        stranger.call("POST", path, data),
    ):
        headers = {} if value is None else {"authorization": value}
        assert (await home.http.post(path, content=data, headers=headers)).status_code == 401


async def test_unknown_field_is_refused(home: HomeDoor):
    room = home.authority.room(ids.new_pid())
    body = msgspec.json.encode({"jws": room.rosters[0], "display_name": "x"})
    assert (await home.post("rosters", body)).status_code == 400
    assert (await home.post("rosters", b"{")).status_code == 400


async def test_cookie_is_refused_on_http(home: HomeDoor):
    for path in ("/health", f"/tenants/{home.authority.tenant}/head"):
        answer = await home.http.get(path, headers={"cookie": "a=b"})
        assert (answer.status_code, answer.json()) == (400, {"code": Code.COOKIE_REFUSED})
    assert (await home.http.get("/health")).json() == {"ok": True, "livekit": False}


# ---- who hears of it


async def test_members_before_and_after_hear_and_the_removed_get_nothing_more(
    relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device
):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    await home.change(room, add=[member(bo.pid)])
    for device in (anna, bo):
        expected = stream.RosterIs(jws=room.rosters[1], members=room.state.members_hash())
        assert await device.next(stream.RosterIs) == expected
    await anna.say(room)
    assert (await bo.next(stream.Batch)).pos == 1
    await home.change(room, remove=[bo.pid], new_epoch=True)
    for device in (anna, bo):
        expected = stream.RosterIs(jws=room.rosters[2], members=room.state.members_hash())
        assert await device.next(stream.RosterIs) == expected
    await anna.say(room)
    await anna.put(stream.Typing(room=room.room))
    await home.hint(room.room)
    assert await bo.quiet() == []
    for ask in (stream.History(re=1, room=room.room), stream.Last(re=2, room=room.room)):
        await bo.put(ask)
        error = await bo.next(stream.Error)
        assert (error.code, error.re) == (Code.NOT_A_MEMBER, ask.re)
    await bo.put(stream.Read(room=room.room, pos=1))
    assert (await bo.next(stream.Error)).code == Code.NOT_A_MEMBER


async def test_old_state_and_events_are_new_state(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid, bo.pid)
    welcome = await anna.open(relay.stream)
    await bo.open(relay.stream)
    state = welcome.rooms[room.room]
    await bo.say(room)
    await home.change(room, add=[member(ids.new_pid())], new_epoch=True)
    said = await bo.say(room)
    await bo.say(room, kind=3, ref=ids.raw(said.msg_id, "m"))
    await anna.put(stream.Read(room=room.room, pos=1))
    await anna.next(stream.ReadIs)
    pos, version, members, read = state.pos, state.version, state.members, state.read
    others = [0]
    for frame in anna.seen[2:]:
        if isinstance(frame, stream.Batch):
            pos = frame.pos + len(frame.env) - 1
            others += [frame.pos + i for i, env in enumerate(frame.env) if envelope.parse(env).kind == 1]
        elif isinstance(frame, stream.RosterIs):
            version, members = version + 1, frame.members
        elif isinstance(frame, stream.ReadIs):
            read = frame.pos
    await anna.close()
    unread = sum(1 for place in others if place > read)
    fresh = (await anna.open(relay.stream)).rooms[room.room]
    assert fresh == stream.RoomHead(pos=pos, version=version, members=members, read=read, unread=unread)
    assert (pos, version, unread) == (3, 2, 1)


async def test_membership_ends_by_itself(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    end = int(time.time()) + 2
    room = await home.room(anna.pid, member(bo.pid, Role.GUEST, end))
    await anna.open(relay.stream)
    assert room.room in (await bo.open(relay.stream)).rooms
    await anna.say(room)
    await bo.next(stream.Batch)
    while time.time() < end:
        await bo.quiet(0.3)
    await anna.say(room)
    assert await bo.quiet() == []
    await bo.close()
    assert (await bo.open(relay.stream)).rooms == {}


async def test_end_that_was_moved_counts(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    end = int(time.time()) + 1
    room = await home.room(anna.pid, member(bo.pid, Role.GUEST, end))
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    await home.change(room, role=[member(bo.pid, Role.MEMBER)])
    while time.time() < end + 0.3:
        await bo.quiet(0.3)
    await anna.say(room)
    assert (await bo.next(stream.Batch)).pos == 1


async def test_edited_member_table_is_enforced_and_shows(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    room = await home.room(anna.pid)
    with contextlib.closing(sqlite3.connect(relay.database)) as database, database:
        database.execute("INSERT INTO members (room, pid, role) VALUES (?, ?, 'owner')", [room.room, bo.pid])
    shown = (await anna.open(relay.stream)).rooms[room.room]
    assert shown.members != room.state.members_hash()
    assert shown.members == members_hash([(anna.pid, Role.OWNER, None), (bo.pid, Role.OWNER, None)])
    assert (await bo.open(relay.stream)).rooms[room.room].members == shown.members
    with contextlib.closing(sqlite3.connect(relay.database)) as database, database:
        database.execute("UPDATE members SET role = 'nonsense' WHERE pid = ?", [bo.pid])
    assert (await bo.refused(bo.seal(room))).code == Code.NOT_ALLOWED
    await anna.say(room)


# ---- hints


async def test_hint_reaches_room_and_person_verbatim_and_nobody_else(
    relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, anna: Device, bo: Device
):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    assert (await home.hint(room.room)).status_code == 204
    hint = await anna.next(stream.HintIs)
    assert jws.verify(hint.jws, Hint, {home.authority.kid: home.authority.key.public_key()}.get).to == room.room
    assert (await home.hint(bo.pid)).status_code == 204
    await bo.next(stream.HintIs)
    for to in (room.room, anna.pid):
        assert (await abroad.hint(to)).status_code == 204  # of another tenant: reaches nobody
    assert await anna.quiet() == []
    assert await bo.quiet(0.1) == []
