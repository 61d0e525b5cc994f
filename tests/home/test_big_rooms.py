"""Rooms at size: snapshots, lists and names by page, shared epochs, who left the directory."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from samrum.home import app
from samrum.home.rooms import snapshots, view
from samrum.plumbing.transactions import open_transactions
from samrum.wire import ids
from samrum.wire.chain import RoomState
from samrum.wire.home_api import Listed, RoomPeople, Rosters
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Kind, Role
from tests.home.client import Person, Refused
from tests.home.running import Running, entry, make_config, running, until, user, write_directory
from tests.plumbing.migrating import database_at

BIG = 700


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(make_config(tmp_path, people=BIG)) as one:
        yield one
        assert not one.relay.faults


def everybody(home: Running) -> dict[str, Pid]:
    """Pseudonyms by user name."""
    with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
        return dict(database.execute("SELECT login, pid FROM person").fetchall())


async def big_room(home: Running, owner: Person, number: int = BIG) -> tuple[RoomId, list[Pid]]:
    """A room of so many people, and all of them."""
    pid_of = everybody(home)
    members = [pid_of[user(one)] for one in range(number)]
    changed = await owner.create(*[pid for pid in members if pid != owner.pid], title="All")
    return changed.room.room, members


def spans(states: list[RoomState], pid: Pid) -> list[tuple[int, int | None]]:
    """When somebody was a member, read from every state of the chain."""
    found: list[tuple[int, int | None]] = []
    before = False
    for last, state in zip([None, *states], states, strict=False):
        assert state.epoch is not None
        now = pid in state.members
        if now and not before:
            found.append((state.epoch.n, None))
        elif before and not now:
            assert last is not None
            assert last.epoch is not None
            found[-1] = (found[-1][0], last.epoch.n)
        before = now
    return found


# ---- epochs


async def epoch(person: Person, room: RoomId) -> int:
    found = (await person.chain(room)).epoch
    assert found is not None
    return found.n


async def test_losses_within_two_seconds_share_an_epoch(home: Running) -> None:
    alice, bob, carl, dora, eve = await home.enter(0, 1, 2, 3, 4)
    room = (await alice.create(bob.pid, carl.pid, dora.pid, eve.pid)).room.room
    await alice.change(room, remove=[bob.pid])
    assert await epoch(alice, room) == 2
    home.clock.time += 1
    await alice.change(room, remove=[carl.pid])
    await alice.change(room, remove=[dora.pid])
    state = await alice.chain(room)
    assert (state.epoch.n, set(state.members)) == (2, {alice.pid, eve.pid})  # type: ignore[union-attr]
    for person, own in ((carl, 1), (dora, 1), (bob, 1)):
        released = await person.keys(*[(room, one) for one in (1, 2)])
        assert [one.epoch for one in released.keys] == [own]
    await until(lambda: home.relay.rooms[room].version == 4)
    home.clock.time += 1
    await until(lambda: home.relay.rooms[room].version == 5)
    state = await alice.chain(room)
    assert (state.version, state.epoch.n) == (5, 3)  # type: ignore[union-attr]
    assert [one.epoch for one in (await eve.keys((room, 2), (room, 3))).keys] == [2, 3]
    home.clock.time += 60
    await alice.change(room, remove=[eve.pid])
    assert await epoch(alice, room) == 4


async def test_a_big_room_gets_a_new_key_once_an_hour(city: Running) -> None:
    alice, bob, carl = await city.enter(0, 1, 2)
    room, members = await big_room(city, alice)
    await alice.change(room, remove=[bob.pid])
    assert await epoch(alice, room) == 2
    city.clock.time += 600
    await alice.change(room, remove=[carl.pid])
    await alice.change(room, remove=members[10:20])
    assert await epoch(alice, room) == 2
    assert [one.epoch for one in (await carl.keys((room, 1), (room, 2))).keys] == [1]
    assert city.relay.rooms[room].members.keys() == set(members) - {bob.pid, carl.pid, *members[10:20]}
    city.clock.time += 2999
    await alice.change(room, add=[carl.pid])
    assert await epoch(alice, room) == 2
    city.clock.time += 1
    await until(lambda: city.relay.rooms[room].epoch.n == 3)
    assert [one.epoch for one in (await carl.keys((room, 1), (room, 2), (room, 3))).keys] == [1, 2, 3]
    version = (await alice.chain(room)).version
    city.clock.time += 30
    await alice.change(room, remove=[carl.pid], at_once=True)
    assert (await epoch(alice, room), (await alice.chain(room)).version) == (4, version + 1)


async def test_a_lost_device_does_not_wait_for_the_hour(city: Running) -> None:
    alice, bob, other = await city.enter(0, 1, 1)
    room, members = await big_room(city, alice)
    await alice.change(room, remove=members[5:6])
    await alice.change(room, remove=members[6:7])
    assert await epoch(alice, room) == 2
    await bob.ask("POST", f"/devices/{other.dev}/revoke", {"lost": True}, want=type(None))
    assert await epoch(alice, room) == 3
    before = await alice.chain(room)
    city.clock.time += 4000
    await alice.chain(room)
    assert await alice.chain(room) == before, "the epoch that was due has begun with the device's"


# ---- snapshots


async def test_a_device_begins_from_the_snapshot_and_follows(city: Running) -> None:
    alice, bob = await city.enter(0, 1)
    room, members = await big_room(city, alice)
    assert (await bob.begin(room)) == (await bob.chain(room)) == city.relay.rooms[room]
    await alice.change(room, remove=members[5:8], role={bob.pid: Role.MODERATOR})
    city.clock.time += 7200
    await alice.change(room, add=members[6:7])
    state = await bob.begin(room)
    assert state == await bob.chain(room)
    assert state.members[bob.pid].role == Role.MODERATOR
    fresh = await city.person(1).enter()
    (told,) = fresh.started.rooms
    assert (told.count, told.role, told.version) == (len(members) - 2, Role.MODERATOR, 3)
    assert len(fresh.started.rosters[room]) == 2
    assert fresh.started.snapshots.keys() == {room}
    assert len(msgspec.json.encode(fresh.started)) < 30_000
    since = await bob.since(bob.started.cursor)
    assert since.people == []
    assert len(since.rosters[room]) == 2, "the first one is long: who lacks it asks"
    again = await bob.since(since.cursor)
    assert (again.rooms, again.rosters, again.cursor) == ([], {}, since.cursor)


async def test_a_snapshot_comes_with_every_500th_change(home: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "EVERY", 5)
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    for number in range(12):
        home.clock.time += 10
        await alice.change(room, **{"remove" if number % 2 else "add": [carl.pid]})
        after = {"rooms": {room: 0}, "fresh": True}
        answer = await bob.ask("POST", "/rosters", after, want=Rosters)
        changes = number + 3
        assert len(answer.rosters[room]) == (changes % 5 if changes >= 5 else number + 2)
        assert (room in answer.snapshots) == (changes >= 5)
        assert changes < 5 or await bob.begin(room) == await bob.chain(room)


async def test_what_lies_before_is_what_the_chain_says(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid)).room.room
    changes: list[dict[str, Any]] = [
        {"add": [carl.pid]}, {"remove": [carl.pid]}, {"add": [dora.pid]}, {"remove": [bob.pid], "add": [carl.pid]},
        {"remove": [dora.pid]}, {"add": [bob.pid]}, {"remove": [carl.pid]}, {"remove": [bob.pid]}, {"add": [bob.pid]},
    ]  # fmt: skip
    for number, change in enumerate(changes):
        home.clock.time += 5 if number % 3 else 1
        await alice.change(room, **change)
    statements = (await alice.ask("POST", "/rosters", {"rooms": {room: 0}}, want=Rosters)).rosters[room]
    states: list[RoomState] = []
    for statement in statements:
        states.append(alice.verified(room, [statement], states[-1] if states else None))
    stranger = ids.new_pid()
    pids = [alice.pid, bob.pid, carl.pid, dora.pid, stranger]
    for version, state in enumerate(states, 1):
        past = await alice.past(room, version, list(range(20)), pids)
        epochs = {one.epoch.n: one.epoch for one in states[:version] if one.epoch}
        assert (past.version, {one.n: one for one in past.epochs}) == (version, epochs)
        assert {one.pid: one.spans for one in past.members} == {pid: spans(states[:version], pid) for pid in pids}
        assert state.epoch in past.epochs


async def test_who_led_before_is_what_the_chain_says(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid)).room.room
    changes: list[dict[str, Any]] = [
        {"role": {bob.pid: Role.MODERATOR}}, {"add": [carl.pid, dora.pid]}, {"remove": [carl.pid]},
        {"role": {bob.pid: Role.OWNER, dora.pid: Role.MODERATOR}},
        {"role": {bob.pid: Role.MEMBER}}, {"remove": [dora.pid]},
        {"role": {bob.pid: Role.MODERATOR}, "add": [dora.pid]}, {"remove": [bob.pid]},
    ]  # fmt: skip
    for change in changes:
        home.clock.time += 5
        await alice.change(room, **change)
    statements = (await alice.ask("POST", "/rosters", {"rooms": {room: 0}}, want=Rosters)).rosters[room]
    states: list[RoomState] = []
    for statement in statements:
        states.append(alice.verified(room, [statement], states[-1] if states else None))
    for version in range(1, len(states) + 1):
        past = await alice.past(room, version, [], [], led=True)
        assert {one.pid: one.spans for one in past.led or []} == led(states[:version])
    assert (await alice.past(room, 1, [], [])).led is None


def led(states: list[RoomState]) -> dict[Pid, list[tuple[int, int | None]]]:
    """When people were owner or moderator in a chain of states, and still are in its last one."""
    found: dict[Pid, list[tuple[int, int | None]]] = {}
    before: set[Pid] = set()
    for at, state in enumerate(states):
        now = {pid for pid, member in state.members.items() if member.role in {Role.OWNER, Role.MODERATOR}}
        epoch, earlier = number(state), number(states[at - 1])
        for pid in now - before:
            found.setdefault(pid, []).append((epoch, None))
        for pid in before - now:
            found[pid][-1] = (found[pid][-1][0], earlier)
        before = now
    return found


def number(state: RoomState) -> int:
    assert state.epoch is not None
    return state.epoch.n


async def test_strangers_are_told_nothing(city: Running) -> None:
    alice, bob, carl = await city.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    big, _ = await big_room(city, alice, 600)
    stranger = await city.person(650).enter()
    for person, where in ((carl, room), (stranger, big), (alice, ids.new_room())):
        for method, path, body in (
            ("GET", f"/rooms/{where}/members", None),
            ("GET", f"/rooms/{where}/people", None),
            ("POST", f"/rooms/{where}/past", {"version": 1, "pids": [alice.pid]}),
        ):
            assert (await person.raw(method, path, body)).json() == {"code": "not_found"}
    assert (await stranger.ask("POST", "/rosters", {"rooms": {big: 0}, "fresh": True}, want=Rosters)).rosters == {}
    assert (await alice.ask("GET", f"/rooms/{room}/members", want=Listed)).version == 0
    await alice.change(room, remove=[bob.pid])
    assert (await bob.past(room, 2, [1], [alice.pid])).members[0].spans == [(1, None)]
    await alice.change(room, add=[carl.pid])
    with pytest.raises(Refused):
        await bob.past(room, 3, [1], [carl.pid])
    with pytest.raises(Refused):
        await bob.ask("GET", f"/rooms/{room}/people", want=RoomPeople)


async def test_long_chains_come_in_parts(city: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MAX_CHAINS", 100_000)
    alice, bob = await city.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    others = [pid for pid in everybody(city).values() if pid not in (alice.pid, bob.pid)]
    for _ in range(3):
        city.clock.time += 4000
        await alice.change(room, add=others)
        await alice.change(room, remove=others)
    first = await bob.ask("POST", "/rosters", {"rooms": {room: 0}}, want=Rosters)
    assert 1 < len(first.rosters[room]) < 7
    assert len(msgspec.json.encode(first)) < 160_000
    assert (await bob.chain(room)) == (await bob.begin(room))
    assert (await bob.chain(room)).version == 7


# ---- names


async def test_members_by_name_page_by_page_and_by_search(city: Running) -> None:
    alice, bob = await city.enter(0, 1)
    room, members = await big_room(city, alice)
    await alice.change(room, role={bob.pid: Role.MODERATOR})

    async def page(**ask: Any) -> RoomPeople:
        return await bob.ask("GET", f"/rooms/{room}/people?{httpx.QueryParams(ask)}", want=RoomPeople)

    seen: list[Pid] = []
    names: list[str] = []
    while len(seen) < BIG:
        answer = await page(skip=len(seen), limit=200)
        assert answer.count == BIG
        seen += [one.person.pid for one in answer.people]
        names += [one.person.name for one in answer.people]
    assert sorted(seen) == sorted(members)
    assert names.index("Bo Öberg") < names.index("Cécile Dubois") < names.index("Person 8") < names.index("Åsa Ek")
    found = await page(q="oberg")
    assert [(one.person.pid, one.role) for one in found.people] == [(bob.pid, Role.MODERATOR)]
    assert (await page(q="person 65")).count == 11
    assert len((await page(limit=100_000)).people) == 200
    assert (await page(skip=-5, limit=-5)).people[0].person.name == names[0]
    assert (await page(skip=10**9)).people == []


# ---- the directory


async def test_who_leaves_the_directory_leaves_all_rooms(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
        shared = (await alice.create(bob.pid, carl.pid, dora.pid)).room.room
        owned = (await bob.create(alice.pid)).room.room
        direct = (await alice.create(bob.pid, kind=Kind.DIRECT, title="")).room.room
        alone = (await bob.create()).room.room
        other = (await alice.create(dora.pid)).room.room
        pid_of = everybody(home)
    write_directory(config, [entry(number) for number in range(8) if number not in (1, 2)])
    async with running(config) as home:
        (alice,) = await home.enter(0)
        state = await alice.chain(shared)
        assert (state.version, state.epoch.n, set(state.members)) == (2, 2, {alice.pid, pid_of[user(3)]})  # type: ignore[union-attr]
        assert (await alice.chain(owned)).members.keys() == {alice.pid}
        kept = await alice.chain(direct)
        assert (kept.members.keys(), kept.epoch.n) == ({alice.pid, pid_of[user(1)]}, 2)  # type: ignore[union-attr]
        assert (await alice.chain(other)).version == 1
        await until(lambda: len(home.relay.revocations) == 2)
        with contextlib.closing(sqlite3.connect(config.data / "home.db")) as database:
            assert not database.execute("SELECT 1 FROM member WHERE room = ?", [alone]).fetchall()
        assert not home.relay.faults


# ---- what was there before


async def test_old_rooms_get_their_epochs_and_counts(tmp_path: Path) -> None:
    """A database of the second schema with a chain in it."""
    config = make_config(tmp_path)
    async with running(config) as home:
        alice, bob = await home.enter(0, 1)
        room = (await alice.create(bob.pid)).room.room
        await alice.change(room, remove=[bob.pid])
        await alice.change(room, add=[bob.pid])
    chain_rows: list[Any]
    with contextlib.closing(sqlite3.connect(config.data / "home.db")) as database:
        chain_rows = database.execute("SELECT version, jws FROM roster ORDER BY version").fetchall()
    old = tmp_path / "old.db"
    migrations = Path(app.__file__).with_name("migrations")
    database_at(old, migrations, "0002")
    with contextlib.closing(sqlite3.connect(old)) as database, database:
        database.execute(
            "INSERT INTO room VALUES (?, 'group', 'T', 'open', 'member', '365d', ?, NULL, 3, 'h', 3, 2, 5)",
            [room, alice.pid],
        )
        database.executemany("INSERT INTO roster VALUES (?, ?, ?)", [(room, *one) for one in chain_rows])
    await (await open_transactions(old, migrations)).close()
    with contextlib.closing(sqlite3.connect(old)) as database:
        assert database.execute("SELECT version, epoch FROM roster ORDER BY version").fetchall() == [
            (1, 1),
            (2, 2),
            (3, 2),
        ]
        assert database.execute("SELECT changes, epoch_due, epoch_lost FROM room").fetchall() == [(4, None, None)]
