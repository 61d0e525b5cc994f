"""Rooms: who may do what, chains that verify, direct messages, epochs. Ends with old state + events = new state."""

import asyncio
from typing import Any

import pytest

from samrum.wire import ids
from samrum.wire.home_api import Changed, People, Rosters
from samrum.wire.ids import Pid
from samrum.wire.statements import Kind, Role
from tests.home.client import Person, Refused
from tests.home.running import Running, until


async def refused(work: Any) -> str:
    with pytest.raises(Refused) as error:
        await work
    return error.value.code


async def test_creates_a_room_that_all_members_can_verify(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    changed = await alice.create(bob.pid, carl.pid, title="  Budget 2027 ")
    assert (changed.room.title, changed.room.kind, changed.room.version) == ("Budget 2027", Kind.GROUP, 1)
    assert changed.room.delivered == 1
    assert {person.pid for person in changed.people} == {alice.pid, bob.pid, carl.pid}
    roles = {alice.pid: Role.OWNER, bob.pid: Role.MEMBER, carl.pid: Role.MEMBER}
    room = changed.room.room
    for person in (alice, bob, carl):
        state = await person.chain(room)
        assert {pid: member.role for pid, member in state.members.items()} == roles
        assert state == alice.verified(room, changed.rosters)
    assert home.relay.rooms[room] == await alice.chain(room)
    assert all("Budget" not in str(roster) for roster in home.relay.rosters)


async def test_creating_twice_makes_one_room(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = ids.new_room()
    one, two = await asyncio.gather(alice.create(bob.pid, room=room), alice.create(bob.pid, room=room))
    assert one.room.room == two.room.room == room
    assert one.rosters == two.rosters
    assert len([roster for roster in home.relay.rosters if roster.room == room]) == 1
    assert await refused(bob.create(alice.pid, room=room)) == "not_allowed"


async def test_two_people_opening_a_direct_message_get_the_same_room(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)

    async def direct(one: Person, other: Pid) -> Changed:
        return await one.create(other, kind=Kind.DIRECT, title="")

    answers = await asyncio.gather(*(direct(*pair) for pair in ((alice, bob.pid), (bob, alice.pid)) * 5))
    assert len({one.room.room for one in answers}) == 1
    assert (await direct(carl, alice.pid)).room.room != answers[0].room.room
    state = await bob.chain(answers[0].room.room)
    assert {pid: member.role for pid, member in state.members.items()} == {alice.pid: Role.MEMBER, bob.pid: Role.MEMBER}
    room = answers[0].room.room
    assert await refused(alice.change(room, add=[carl.pid])) == "not_allowed"
    assert await refused(alice.change(room, remove=[alice.pid])) == "not_allowed"
    assert await refused(alice.ask("PATCH", f"/rooms/{room}", {"title": "x"}, want=Changed)) == "not_allowed"


async def test_refuses_bad_members_and_titles(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    assert await refused(alice.create(bob.pid, bob.pid)) == "bad_members"
    assert await refused(alice.create(alice.pid)) == "bad_members"
    assert await refused(alice.create(ids.new_pid())) == "bad_members"
    assert await refused(alice.create(bob.pid, ids.new_pid(), kind=Kind.DIRECT, title="")) == "bad_members"
    assert await refused(alice.create(kind=Kind.DIRECT, title="")) == "bad_members"
    assert await refused(alice.create(bob.pid, kind=Kind.DIRECT, title="x")) == "bad_title"
    for title in ("", "   ", "a\nb", "a\u0000b", "a\u2028b"):
        assert await refused(alice.create(bob.pid, title=title)) == "bad_title"
    assert await refused(alice.create(bob.pid, title="x" * 121)) == "bad_request"
    assert await refused(alice.create(bob.pid, kind=Kind.CHANNEL)) == "not_allowed"
    assert not home.relay.rosters
    await alice.create(bob.pid)


async def test_who_may_change_members(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    (eve,) = await home.pids(alice, 4)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    cases = [
        (carl, {"add": [eve]}),
        (carl, {"remove": [bob.pid]}),
        (carl, {"role": {carl.pid: Role.OWNER}}),
        (bob, {"remove": [alice.pid]}),
        (bob, {"role": {bob.pid: Role.OWNER}}),
        (bob, {"role": {carl.pid: Role.MODERATOR}}),
    ]
    for person, change in cases:
        assert await refused(person.change(room, **change)) == "not_allowed", change
    assert await refused(dora.change(room, add=[dora.pid])) == "not_found"
    assert await refused(dora.change(ids.new_room(), add=[dora.pid])) == "not_found"
    assert await refused(dora.ask("PATCH", f"/rooms/{room}", {"title": "x"}, want=Changed)) == "not_found"
    assert await refused(carl.ask("PATCH", f"/rooms/{room}", {"title": "x"}, want=Changed)) == "not_allowed"
    assert await refused(alice.ask("PATCH", "/rooms/r_x", {"title": "x"}, want=Changed)) == "not_found"
    assert (await alice.chain(room)).version == 2
    await bob.change(room, add=[eve], remove=[carl.pid])
    assert (await bob.chain(room)).members.keys() == {alice.pid, bob.pid, eve}


async def test_malformed_changes_are_refused_whole(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    for change in (
        {"add": [carl.pid, ids.new_pid()]},
        {"add": [carl.pid, carl.pid]},
        {"add": [carl.pid], "remove": [carl.pid]},
        {"role": {carl.pid: Role.MEMBER}},
        {"role": {bob.pid: Role.GUEST}},
    ):
        assert await refused(alice.change(room, **change)) == "bad_members", change
    assert (await alice.chain(room)).version == 1
    await alice.change(room, add=[carl.pid])
    assert (await alice.chain(room)).version == 2


async def test_repeated_changes_change_nothing(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    for _ in range(2):
        assert (await alice.change(room, add=[carl.pid])).room.version == 2
    for _ in range(2):
        assert (await alice.change(room, remove=[carl.pid])).room.version == 3


async def test_the_last_owner_stays_until_there_is_another(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    assert await refused(alice.change(room, remove=[alice.pid])) == "last_owner"
    assert await refused(alice.change(room, role={alice.pid: Role.MEMBER})) == "last_owner"
    await alice.change(room, role={bob.pid: Role.OWNER})
    left = await alice.change(room, remove=[alice.pid])
    assert left.room.removed
    assert not left.keys.keys
    assert alice.pid not in alice.verified(room, left.rosters).members
    emptied = await bob.change(room, remove=[bob.pid])
    assert emptied.room.removed
    assert await refused(bob.change(room, add=[alice.pid])) == "not_found"


async def test_new_epoch_on_removal_and_leaving_not_on_joining(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid, carl.pid)).room.room

    async def epoch() -> int:
        found = (await alice.chain(room)).epoch
        assert found is not None
        return found.n

    assert await epoch() == 1
    await alice.change(room, add=[dora.pid])
    await alice.change(room, role={bob.pid: Role.OWNER})
    await alice.ask("PATCH", f"/rooms/{room}", {"title": "Other"}, want=Changed)
    assert await epoch() == 1
    await alice.change(room, remove=[carl.pid, dora.pid])
    assert await epoch() == 2
    home.clock.time += 2
    await bob.change(room, remove=[bob.pid])
    assert await epoch() == 3
    assert (await alice.chain(room)).version == 5


async def test_in_closed_history_who_comes_gets_a_new_epoch_and_no_earlier_key(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid, history="closed")).room.room
    await alice.change(room, add=[carl.pid])
    state = await carl.chain(room)
    assert state.epoch is not None
    assert state.epoch.n == 2
    assert state.policy is not None
    assert state.policy.history == "closed"

    async def epochs(person: Person) -> tuple[set[int], dict[int, str]]:
        found = await person.keys(*((room, epoch) for epoch in range(1, 5)))
        return {key.epoch for key in found.keys}, {one.epoch: one.code for one in found.refused}

    assert await epochs(bob) == ({1, 2}, {3: "no_such_epoch", 4: "no_such_epoch"})
    assert await epochs(carl) == ({2}, {1: "not_entitled", 3: "no_such_epoch", 4: "no_such_epoch"})
    await alice.change(room, remove=[carl.pid])
    await alice.change(room, add=[carl.pid])
    assert await epochs(carl) == ({2, 4}, {1: "not_entitled", 3: "not_entitled"})
    assert await refused(alice.create(bob.pid, kind=Kind.DIRECT, title="", history="closed")) == "not_allowed"


async def test_who_was_removed_sees_the_chain_up_to_there_and_no_new_title(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid, title="Old")).room.room
    cursor = (await bob.since(0)).cursor
    await alice.change(room, remove=[bob.pid])
    await alice.ask("PATCH", f"/rooms/{room}", {"title": "Secret"}, want=Changed)
    await alice.change(room, add=(await home.pids(alice, 5)))
    since = await bob.since(cursor)
    assert [(one.room, one.removed, one.version, one.title) for one in since.rooms] == [(room, True, 2, "")]
    assert len(since.rosters[room]) == 2
    assert bob.pid not in bob.verified(room, since.rosters[room]).members
    assert (await bob.chain(room)).version == 2
    assert not (await home.person(1).enter()).started.rooms
    await alice.change(room, add=[bob.pid])
    assert (await bob.chain(room)).version == 4
    (now,) = (await bob.since(since.cursor)).rooms
    assert (now.removed, now.title) == (False, "Secret")


async def test_strangers_get_no_chain(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    wanted = {"rooms": {room: 0, ids.new_room(): 0}}
    assert (await carl.ask("POST", "/rosters", wanted, want=Rosters)).rosters == {}
    assert list((await bob.ask("POST", "/rosters", wanted, want=Rosters)).rosters) == [room]


async def test_hints_reach_the_room_and_who_was_removed(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    await until(lambda: any(hint.to == room for hint in home.relay.hints))
    home.relay.order.clear()
    await alice.change(room, add=[carl.pid], remove=[bob.pid])
    await until(lambda: len(home.relay.order) == 3)
    assert home.relay.order == [("roster", room, 2), ("hint", room, 2), ("hint", bob.pid, 2)]


async def test_old_state_and_events_give_the_new_state(home: Running) -> None:
    """A follower who asks `/since` after each change ends where a fresh start begins."""
    alice, bob, carl = await home.enter(0, 1, 2)
    rooms = {room.room: room for room in bob.started.rooms}
    chains: dict[Any, list[str]] = {}
    cursor = bob.started.cursor

    async def follow() -> None:
        nonlocal cursor
        since = await bob.since(cursor)
        cursor = since.cursor
        for room in since.rooms:
            rooms.pop(room.room, None)
            if not room.removed:
                rooms[room.room] = room
            known = chains.setdefault(room.room, [])
            known += [one for one in since.rosters[room.room] if one not in known]

    one = (await alice.create(bob.pid, title="One")).room.room
    await follow()
    two = (await alice.create(bob.pid, carl.pid, title="Two")).room.room
    await alice.ask("PATCH", f"/rooms/{one}", {"title": "One and a half"}, want=Changed)
    await follow()
    await alice.change(two, remove=[bob.pid])
    await bob.create(alice.pid, kind=Kind.DIRECT, title="")
    await follow()
    await alice.change(two, add=[bob.pid])
    await alice.change(one, remove=[bob.pid])
    await follow()
    fresh = await home.person(1).enter()
    assert {room.room: room for room in fresh.started.rooms} == rooms
    assert {room: bob.verified(room, chain) for room, chain in chains.items() if room in rooms} == {
        room: fresh.verified(room, chain) for room, chain in fresh.started.rosters.items()
    }
    assert (await bob.since(cursor)).rooms == []


async def test_names_for_members_and_search(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    names = await alice.ask("POST", "/names", {"pids": [bob.pid, ids.new_pid()]}, want=People)
    assert [person.name for person in names.people] == ["Bo Öberg"]
