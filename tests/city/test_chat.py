"""Two people chat, through every zone, by a client that knows nothing but the protocol."""

import pytest

from samrum.wire import stream
from samrum.wire.home_api import ChangeMembers, MemberChange
from samrum.wire.statements import Kind, Role
from tests.city.client import Device, Refused
from tests.city.launch import City


async def test_a_group_is_made_and_messages_arrive_with_names(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as a, Device(city.ready, bjorn) as b:
        room = await a.create(Kind.GROUP, "Översvämning", await a.find(bjorn["name"]))
        first = await a.send(room, "Vattnet stiger")
        assert first.pos == 1
        await b.get(stream.RosterIs)
        await b.refresh()
        assert b.titles[room] == "Översvämning"
        author, text = await b.receive(room)
        assert (b.names[author], text) == (asa["name"], "Vattnet stiger")
        await b.send(room, "På väg")
        assert (await a.receive(room))[1] == "På väg"


async def test_a_second_device_reads_the_history(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as a:
        room = await a.create(Kind.DIRECT, "", await a.find(bjorn["name"]))
        texts = [f"rad {n}" for n in range(5)]
        for text in texts:
            await a.send(room, text)
    async with Device(city.ready, asa) as again:
        assert [text for _, text in await again.history(room)][-5:] == texts
        assert room == await again.create(Kind.DIRECT, "", await again.find(bjorn["name"]))


async def test_somebody_outside_gets_neither_messages_nor_keys(city: City) -> None:
    asa, bjorn, other = city.ready["logins"][:3]
    async with Device(city.ready, asa) as a, Device(city.ready, other) as o:
        room = await a.create(Kind.GROUP, "Slutet", await a.find(bjorn["name"]))
        await a.send(room, "hemligt")
        with pytest.raises(Refused, match=r"not_found|not_a_member"):
            await o.history(room)
        o.rooms[room] = a.rooms[room]
        got = await o.want_keys((room, 1))
        assert not got.keys
        assert [refusal.code for refusal in got.refused] == ["not_entitled"]


async def test_who_is_removed_can_neither_read_on_nor_write(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as a, Device(city.ready, bjorn) as b:
        pid = await a.find(bjorn["name"])
        room = await a.create(Kind.GROUP, "Kort", pid)
        await a.send(room, "ett")
        await b.refresh()
        await b.send(room, "två")
        old = b.rooms[room]
        await a.change(room, ChangeMembers(remove=[pid]))
        assert a.rooms[room].epoch.n == 2
        await b.get(stream.RosterIs, lambda f: f.members == a.rooms[room].members_hash())
        b.rooms[room] = old
        with pytest.raises(Refused, match=r"not_a_member|not_found|epoch_stale"):
            await b.send(room, "tre", tries=3)
        await a.send(room, "fyra")
        got = await b.want_keys((room, 2))
        assert not got.keys


async def test_who_is_made_moderator_may_add(city: City) -> None:
    asa, bjorn, third = city.ready["logins"][:3]
    async with Device(city.ready, asa) as a, Device(city.ready, bjorn) as b:
        pid, more = await a.find(bjorn["name"]), await a.find(third["name"])
        room = await a.create(Kind.GROUP, "Roller", pid)
        add = ChangeMembers(add=[MemberChange(pid=more, role=Role.MEMBER)], role=[])
        await b.refresh()
        await a.change(room, ChangeMembers(role=[MemberChange(pid=pid, role=Role.MODERATOR)]))
        await b.change(room, add)
        assert b.rooms[room].members[more].role == Role.MEMBER
