"""Rooms of thousands: long rosters are not passed on, and a hash is not computed for each of thousands who come back."""

import contextlib
import sqlite3
import time
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from samrum.relay import app
from samrum.relay.rooms.actions import HASH_SECONDS, Hashes
from samrum.wire import ids, jws, stream
from samrum.wire.statements import MemberEntry, Role, members_hash
from tests.plumbing.migrating import database_at
from tests.relay.client import Device, HomeDoor, RelayProcess

MANY = 5000
APPLY_SECONDS = 1.0
"""Loose: it takes a twentieth on a machine that does nothing else."""


def entries(number: int) -> list[MemberEntry]:
    return [MemberEntry(pid=ids.new_pid(), role=Role.MEMBER) for _ in range(number)]


async def test_a_long_roster_is_announced_a_short_one_is_passed_on(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    await home.change(room, add=entries(MANY))
    assert len(room.rosters[1]) > stream.LONG_ROSTER
    expected = stream.RosterAt(room=room.room, version=2, members=room.state.members_hash())
    assert await anna.next(stream.RosterAt) == expected
    (one,) = entries(1)
    for change in ({"add": [one]}, {"remove": [one.pid], "new_epoch": True}):
        began = time.monotonic()
        await home.change(room, **change)
        told = await anna.next(stream.RosterIs)
        assert time.monotonic() - began < APPLY_SECONDS
        assert told == stream.RosterIs(jws=room.rosters[-1], members=room.state.members_hash())
    await anna.say(room)
    await anna.close()
    welcome = await anna.open(relay.stream)
    assert len(stream.encode(welcome)) < 2000
    head = welcome.rooms[room.room]
    assert (head.version, head.members) == (4, room.state.members_hash())


async def test_relay_says_its_own_hash_not_the_one_in_the_roster(relay: RelayProcess, home: HomeDoor, anna: Device):
    """Its table may have been edited: what home signed must not hide that."""
    room = await home.room(anna.pid)
    with contextlib.closing(sqlite3.connect(relay.database)) as database, database:
        database.execute("INSERT INTO members (room, pid, role) VALUES (?, ?, 'member')", [room.room, ids.new_pid()])
    await anna.open(relay.stream)
    (one,) = entries(1)
    roster = home.authority.roster(room, add=[one])
    said = members_hash([(anna.pid, Role.OWNER, None), (one.pid, Role.MEMBER, None)])
    statement = home.authority.sign(msgspec.structs.replace(roster, members=said))
    await home.roster(statement)
    told = await anna.next(stream.RosterIs)
    assert told.jws == statement
    assert told.members != said


@pytest.mark.parametrize(("number", "reads"), [(501, 2), (500, 4)])
def test_hashes_of_big_rooms_are_kept_for_seconds(tmp_path: Path, number: int, reads: int):
    room = ids.new_room()
    database_at(tmp_path / "relay.db", Path(app.__file__).with_name("migrations"), "head")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'relay.db'}")
    members = [{"room": room, "pid": one.pid} for one in entries(number)]
    asked = 0

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal asked
        asked += statement.startswith("SELECT members")

    with engine.connect() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO rooms (room, tenant, version, head, epoch, key_id, kc, kind, history, post, pos) "
                "VALUES (:room, 't', 1, :head, 1, 'k', 'c', 'group', 'open', 'member', 0)"
            ),
            {"room": room, "head": jws.FIRST},
        )
        tx.execute(sa.text("INSERT INTO members (room, pid, role) VALUES (:room, :pid, 'member')"), members)
        sa.event.listen(engine, "before_cursor_execute", count)
        hashes, now = Hashes(), 1000.0
        first = hashes.of(tx, {room: 1}, now)
        assert first == {room: members_hash((ids.Pid(one["pid"]), "member", None) for one in members)}
        assert hashes.of(tx, {room: 1}, now + 1) == first
        tx.execute(sa.text("UPDATE members SET role = 'owner' WHERE pid = :pid"), members[0])
        edited = hashes.of(tx, {room: 1}, now + HASH_SECONDS)
        assert edited != first
        assert hashes.of(tx, {room: 1}, now + HASH_SECONDS + 9) == edited
        assert asked == reads
        tx.execute(sa.text("UPDATE members SET role = 'guest' WHERE pid = :pid"), members[0])
        assert hashes.of(tx, {room: 2}, now + HASH_SECONDS + 1) not in (first, edited)
        assert hashes.of(tx, {}, now) == {}
    engine.dispose()
