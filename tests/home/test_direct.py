"""A direct message is one room, whoever opens it, from how many tabs and however much at once; and is there from the start."""

import asyncio

from samrum.wire import ids
from samrum.wire.home_api import Changed
from samrum.wire.ids import Pid
from samrum.wire.statements import Kind, Role
from tests.home.client import Person
from tests.home.running import Running

TABS = 6
"""Of each device."""


async def opened(person: Person, other: Pid) -> Changed:
    return await person.create(other, kind=Kind.DIRECT, title="")


async def test_many_tabs_of_both_open_one_room(home: Running) -> None:
    people = await home.enter(0, 1, 0, 1)  # two devices each
    alice, bob, *_ = [person.pid for person in people]
    made = await asyncio.gather(
        *(opened(person, bob if person.pid == alice else alice) for _ in range(TABS) for person in people)
    )
    assert len({one.room.room for one in made}) == 1
    assert len({one.keys.keys[0].key for one in made}) == 1
    assert [roster.version for roster in home.relay.rosters] == [1]
    for person in people:
        assert [room.room for room in (await person.since(0)).rooms] == [made[0].room.room]


async def test_a_room_for_two_is_not_made_again_while_relay_is_away(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    home.relay.away = True
    first, *others = await asyncio.gather(opened(alice, bob.pid), opened(bob, alice.pid), opened(alice, bob.pid))
    assert {one.room.room for one in others} == {first.room.room}
    assert {one.room.version for one in (first, *others)} == {1}


async def test_one_request_repeated_and_others_with_its_id(home: Running) -> None:
    alice, bob, cecile = await home.enter(0, 1, 2)
    room = ids.new_room()
    made = await asyncio.gather(*(alice.create(bob.pid, kind=Kind.DIRECT, title="", room=room) for _ in range(5)))
    assert {one.room.room for one in made} == {room}
    other = await opened(alice, cecile.pid)
    assert other.room.room != room


async def test_who_has_never_signed_in_finds_all_of_it_later(home: Running) -> None:
    (alice,) = await home.enter(0)
    (pid,) = await home.pids(alice, 5)
    made = await opened(alice, pid)
    room, key = made.room.room, made.keys.keys[0]
    assert home.relay.rooms[room].members.keys() == {alice.pid, pid}
    home.clock.time += 31 * 86_400  # the key has been renewed before
    alice, late = await home.enter(0, 5)
    assert late.pid == pid
    assert [one.room for one in late.started.rooms] == [room]
    state = late.verified(room, late.started.rosters[room])
    assert {member.role for member in state.members.values()} == {Role.MEMBER}
    found = await late.keys((room, 1))
    assert (found.refused, [one.key for one in found.keys]) == ([], [key.key])
