"""What a room's owners and members choose: topic, who writes, history, the archive; public channels; rooms that nobody owns."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from samrum.home import admin
from samrum.wire import ids
from samrum.wire.home_api import Changed, ChangeMembers, NewRoom
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Access, Channels, HistoryRule, Post
from samrum.wire.statements import Kind, Role
from tests.home.client import NOTHING, Person, Refused
from tests.home.running import Running, entry, make_config, running, write_directory, write_toml


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Running]:
    """A home whose first person may make channels."""
    config = make_config(tmp_path)
    write_directory(config, [entry(number, may=["channels"] if number == 0 else []) for number in range(8)])
    async with running(config) as one:
        yield one
        assert not one.relay.faults


async def refused(work: Any) -> str:
    with pytest.raises(Refused) as error:
        await work
    return error.value.code


async def make(person: Person, *members: Pid, **changes: Any) -> RoomId:
    new = NewRoom(
        **({"room": ids.new_room(), "kind": Kind.CHANNEL, "members": list(members), "title": "Anslag"} | changes)
    )
    return (await person.ask("POST", "/rooms", new, want=Changed, proof=True)).room.room


async def shape(person: Person, room: RoomId, **changes: Any) -> Changed:
    return await person.ask("PATCH", f"/rooms/{room}", changes, want=Changed, proof=True)


async def browse(person: Person, query: str = "") -> Channels:
    return await person.ask("GET", f"/channels?{query}", want=Channels)


async def join(person: Person, room: RoomId) -> Changed:
    return await person.ask("POST", f"/rooms/{room}/join", {}, want=Changed, proof=True)


async def own(person: Person, room: RoomId) -> Changed:
    return await person.ask("POST", f"/rooms/{room}/own", {}, want=Changed, proof=True)


async def epochs(person: Person, room: RoomId) -> set[int]:
    return {key.epoch for key in (await person.keys(*((room, epoch) for epoch in range(1, 9)))).keys}


async def test_relay_hears_of_rules_and_of_nothing_that_people_read(town: Running) -> None:
    alice, bob = await town.enter(0, 1)
    room = await make(alice, bob.pid, topic="Om allt som är nytt", post=Post.MODERATOR)
    changed = await shape(alice, room, topic="  Bara det viktigaste ", title="Nytt")
    assert (changed.room.topic, changed.room.title, changed.room.version) == ("Bara det viktigaste", "Nytt", 1)
    assert (await shape(alice, room, post=Post.MEMBER)).room.version == 2
    assert (await shape(alice, room, post=Post.MEMBER)).room.version == 2
    assert [roster.policy.post for roster in town.relay.rosters] == ["moderator", "member"]
    assert all("Nytt" not in str(roster) and "viktig" not in str(roster) for roster in town.relay.rosters)
    (seen,) = (await bob.since(bob.started.cursor)).rooms
    assert (seen.topic, seen.title, seen.post, seen.retention) == ("Bara det viktigaste", "Nytt", Post.MEMBER, "365d")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "\u200b\u200d\ufeff", "bad_title"),
        ("title", "Budget\u202etxe", "bad_title"),
        ("title", "\u3164", "bad_title"),
        ("title", " ", "bad_title"),
        ("title", "x" * 121, "bad_request"),
        ("topic", "ett\ntvå", "bad_text"),
        ("topic", "\u2066", "bad_text"),
        ("topic", "x" * 251, "bad_request"),
        ("post", "owner", "bad_request"),
        ("access", "secret", "bad_request"),
    ],
)
async def test_what_is_no_line_of_text_is_refused(home: Running, field: str, value: str, code: str) -> None:
    (alice,) = await home.enter(0)
    room = (await alice.create()).room.room
    assert await refused(shape(alice, room, **{field: value})) == code
    assert (await shape(alice, room, title="Familjen 👩‍👩‍👧 och ❤️")).room.title == "Familjen 👩‍👩‍👧 och ❤️"


async def test_who_may_change_what(town: Running) -> None:
    alice, bob, carl, dora = await town.enter(0, 1, 2, 3)
    room = await make(alice, bob.pid, carl.pid)
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    every: list[dict[str, Any]] = [
        {"title": "x"},
        {"topic": "x"},
        {"post": "moderator"},
        {"access": "public"},
        {"history": "closed"},
        {"archived": True},
    ]
    for change in every:
        assert await refused(shape(carl, room, **change)) == "not_allowed"
        assert await refused(shape(dora, room, **change)) == "not_found"
    for change in every[:3]:
        await shape(bob, room, **change)
    for change in every[3:]:
        assert await refused(shape(bob, room, **change)) == "not_allowed"
        await shape(alice, room, **change)
    group = (await alice.create()).room.room
    assert await refused(shape(alice, group, access="public")) == "not_allowed"
    assert await refused(make(alice, kind=Kind.GROUP, access=Access.PUBLIC)) == "not_allowed"
    assert await refused(make(alice, bob.pid, kind=Kind.DIRECT, title="", topic="x")) == "not_allowed"
    assert await refused(make(bob)) == "not_allowed"


async def test_public_channels_are_found_and_entered(town: Running) -> None:
    alice, bob, carl = await town.enter(0, 1, 2)
    public = await make(alice, title="Ängar", access=Access.PUBLIC, topic="Om slåtter")
    private = await make(alice, carl.pid, title="Hemligt")
    await make(alice, title="Åar", access=Access.PUBLIC)
    found = await browse(bob)
    assert [(one.title, one.count, one.member) for one in found.channels] == [("Åar", 1, False), ("Ängar", 1, False)]
    assert [one.title for one in (await browse(bob, "q=slatter")).channels] == ["Ängar"]
    assert [one.title for one in (await browse(bob, "skip=1&limit=1")).channels] == ["Ängar"]
    assert (await browse(bob, "skip=1&limit=1")).count == 2
    joined = await join(bob, public)
    assert (joined.room.role, joined.room.count) == (Role.MEMBER, 2)
    assert [key.epoch for key in joined.keys.keys] == [1]
    assert (await join(bob, public)).room.version == 2
    assert {one.title: one.member for one in (await browse(bob)).channels} == {"Åar": False, "Ängar": True}
    for room in (private, ids.new_room()):
        assert await refused(join(bob, room)) == "not_found"
    await bob.change(public, remove=[bob.pid])
    await shape(alice, public, access=Access.PRIVATE)
    assert await refused(join(bob, public)) == "not_found"


async def test_archived_is_read_but_neither_written_nor_entered(town: Running) -> None:
    alice, bob, carl = await town.enter(0, 1, 2)
    room = await make(alice, bob.pid, access=Access.PUBLIC, post=Post.MODERATOR)
    await shape(alice, room, archived=True)
    assert town.relay.rosters[-1].policy.post == "nobody"
    (seen,) = (await bob.since(bob.started.cursor)).rooms
    assert (seen.archived, seen.post) == (True, Post.MODERATOR)
    assert (await browse(carl)).count == 0
    assert await refused(join(carl, room)) == "not_found"
    assert await refused(alice.change(room, add=[carl.pid])) == "not_allowed"
    assert await epochs(bob, room) == {1}
    await bob.change(room, remove=[bob.pid])
    await shape(alice, room, archived=False)
    assert town.relay.rosters[-1].policy.post == "moderator"
    assert (await join(carl, room)).room.count == 2


async def test_history_closes_with_a_new_key_and_opens_from_there_on(town: Running) -> None:
    alice, bob, carl, dora = await town.enter(0, 1, 2, 3)
    room = await make(alice, bob.pid)
    await shape(alice, room, history=HistoryRule.CLOSED)
    assert town.relay.rooms[room].epoch.n == 2  # type: ignore[union-attr]
    await alice.change(room, add=[carl.pid])
    assert await epochs(carl, room) == {3}
    await shape(alice, room, history=HistoryRule.OPEN)
    await alice.change(room, add=[dora.pid])
    assert await epochs(dora, room) == {4}
    assert await epochs(carl, room) == {3, 4}
    assert await epochs(bob, room) == {1, 2, 3, 4}


async def leave(person: Person, room: RoomId, **more: bool) -> Changed:
    body = ChangeMembers(remove=[person.pid], **more)
    return await person.ask("POST", f"/rooms/{room}/members", body, want=Changed, proof=True)


async def test_a_room_without_an_owner_is_taken_over_by_a_moderator(town: Running) -> None:
    alice, bob, carl = await town.enter(0, 1, 2)
    room = await make(alice, bob.pid, carl.pid)
    await alice.change(room, role={carl.pid: Role.MODERATOR})
    assert await refused(leave(alice, room)) == "last_owner"
    assert await refused(own(carl, room)) == "not_allowed"
    await leave(alice, room, ownerless=True)
    (seen,), (other,) = (await carl.since(0)).rooms, (await bob.since(0)).rooms
    assert (seen.ownerless, seen.may_own) == (True, True)
    assert (other.ownerless, other.may_own) == (True, False)
    assert await refused(own(bob, room)) == "not_allowed"
    assert await refused(own(alice, room)) == "not_found"
    assert (await own(carl, room)).room.role == Role.OWNER
    assert not (await bob.since(0)).rooms[0].ownerless
    assert await refused(own(bob, room)) == "not_allowed"


async def test_without_moderators_whoever_is_in_longest_takes_over(town: Running) -> None:
    alice, bob, carl = await town.enter(0, 1, 2)
    room = await make(alice, bob.pid)
    await alice.change(room, add=[carl.pid])
    lines = admin.ownerless(write_toml(town.config))
    assert lines == ["Every room has an owner."]
    await leave(alice, room, ownerless=True)
    assert admin.ownerless(write_toml(town.config)) == [f"{room}  channel  2 members  Anslag"]
    assert await refused(own(carl, room)) == "not_allowed"
    assert (await own(bob, room)).room.role == Role.OWNER


async def test_pins_and_notices_are_ones_own_and_end_with_the_membership(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    cursor, other = (await bob.since(0)).cursor, (await alice.since(0)).cursor
    await bob.ask("PUT", f"/rooms/{room}/mine", {"pinned": True, "notify": "mentions"}, want=NOTHING)
    (seen,) = (await bob.since(cursor)).rooms
    assert (seen.mine.pinned, seen.mine.notify) == (True, "mentions")  # type: ignore[union-attr]
    assert not (await alice.since(other)).rooms
    assert (await home.person(1).enter()).started.rooms[0].mine == seen.mine
    await leave(bob, room)
    assert await refused(bob.ask("PUT", f"/rooms/{room}/mine", {}, want=NOTHING)) == "not_found"
    await alice.change(room, add=[bob.pid])
    assert (await bob.since(0)).rooms[0].mine is None
