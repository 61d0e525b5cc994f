"""Who is on the way in or out of a room: what home has decided and relay has not applied."""

from typing import Any

from samrum.wire.ids import RoomId
from tests.home.client import Person
from tests.home.running import Running, until


async def on_the_way(person: Person, room: RoomId) -> tuple[int, set[Any], set[Any]]:
    (found,) = [one for one in (await person.since(0)).rooms if one.room == room]
    return found.version - found.delivered, set(found.adding), set(found.removing)


async def test_changes_are_on_their_way_until_relay_has_applied_them(home: Running) -> None:
    owner, bob, cecile, dag = await home.enter(0, 1, 2, 3)
    room = (await owner.create(bob.pid, cecile.pid)).room.room
    assert await on_the_way(owner, room) == (0, set(), set())
    home.relay.away = True
    changed = await owner.change(room, remove=[bob.pid])
    assert (changed.room.adding, changed.room.removing) == ([], [bob.pid])
    changed = await owner.change(room, add=[dag.pid])
    assert (changed.room.adding, changed.room.removing) == ([dag.pid], [bob.pid])
    assert await on_the_way(cecile, room) == (2, {dag.pid}, {bob.pid})
    await owner.change(room, remove=[dag.pid], add=[bob.pid])  # as relay has it
    assert await on_the_way(owner, room) == (3, set(), set())
    await owner.change(room, remove=[bob.pid])
    assert await on_the_way(owner, room) == (4, set(), {bob.pid})
    home.relay.away = False
    await until(lambda: room in home.relay.rooms and home.relay.rooms[room].version == 5, 15)
    await until_delivered(owner, room)
    assert await on_the_way(owner, room) == (0, set(), set())


async def test_a_room_that_relay_has_not_heard_of(home: Running) -> None:
    owner, bob = await home.enter(0, 1)
    home.relay.away = True
    made = (await owner.create(bob.pid)).room
    assert (set(made.adding), made.removing) == ({owner.pid, bob.pid}, [])


async def until_delivered(person: Person, room: RoomId) -> None:
    for _ in range(200):
        if (await on_the_way(person, room))[0] == 0:
            return
