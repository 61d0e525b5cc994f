"""The client library in a real city: it says and reads, catches up after a lost connection, and believes nothing that does not verify.

The other side is a device of `tests/city/client.py`, written before it and without it. One test runs the example of on-call notices.
"""

import asyncio
import contextlib
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from samrum.client import (
    BadDevice,
    Client,
    DoesNotVerify,
    Edited,
    Event,
    Message,
    Reacted,
    Refused,
    Removed,
    Sealed,
)
from samrum.wire import ids
from samrum.wire.content import Content
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.home_api import ChangeMembers, MemberChange
from samrum.wire.statements import Kind, Role
from tests.city.client import Device
from tests.city.launch import City

EXAMPLE = Path(__file__).parents[2] / "examples" / "on_call.py"
SECONDS = 20


class Told:
    """A client's events, to be waited for."""

    def __init__(self, client: Client) -> None:
        self._events = client.events()

    async def next(self, kind: type[Event]) -> Any:
        async with asyncio.timeout(SECONDS):
            async for event in self._events:
                if isinstance(event, kind):
                    return event
        raise AssertionError("ended")


@contextlib.asynccontextmanager
async def two(city: City, title: str, tmp_path: Path) -> AsyncIterator[tuple[Device, Client, Any]]:
    """A device of ours and a client in one room, which the device's person owns."""
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as other:
        room = await other.create(Kind.GROUP, title, await other.find(bjorn["name"]))
        await other.send(room, "före")
        async with Client(city.home, bjorn["user"], bjorn["password"], device=tmp_path / "device") as client:
            yield other, client, room


async def test_it_says_reads_and_changes(city: City, tmp_path: Path) -> None:
    async with two(city, "Klienten", tmp_path) as (other, client, room_id):
        room, told = client.room("Klienten"), Told(client)
        assert room.id == room_id
        assert room.members[other.me.pid] == "owner"
        before = [one for one in await room.history() if isinstance(one, Message)]
        assert [(one.text, await client.name(one.author)) for one in before] == [("före", other.me.name)]
        sent = await room.send("hej åäö 🙂", mentions=[other.me.pid])
        assert await other.receive(room_id) == (client.me, "hej åäö 🙂")
        mine = await told.next(Message)
        assert (mine.id, mine.mine, mine.mentions) == (sent, True, (other.me.pid,))
        reply = await room.send("i tråden", thread=sent)
        assert (await told.next(Message)).thread == sent
        await room.react(reply, "👍")
        reacted = await told.next(Reacted)
        assert (reacted.ref, reacted.emoji, reacted.on, reacted.thread) == (reply, "👍", True, sent)
        await room.edit(sent, "ändrat")
        assert (await told.next(Edited)).text == "ändrat"
        await room.remove(reply)
        assert (await told.next(Removed)).ref == reply
        assert await room.send("samma", msg=sent) == sent  # a repeat: relay has that id
        with pytest.raises(Refused) as refused:
            await client.say(room_id, Content(t="x"), kind=EnvelopeKind.EDIT, ref=before[0].id)
        assert refused.value.code == "not_allowed"


async def test_it_catches_up_after_a_lost_connection_and_follows_new_keys(city: City, tmp_path: Path) -> None:
    async with two(city, "Tapp", tmp_path) as (other, client, room_id):
        room, told = client.room("Tapp"), Told(client)
        third = await other.find(city.ready["logins"][2]["name"])
        assert client._link is not None
        for number in range(3):
            client._link.close()
            added = [MemberChange(pid=third, role=Role.MEMBER)]
            await other.change(room_id, ChangeMembers(add=added))
            await other.change(room_id, ChangeMembers(remove=[third]))
            await other.send(room_id, f"rad {number}")
            said = await told.next(Message)
            assert said.text == f"rad {number}"
            assert await asyncio.wait_for(room.send(f"svar {number}"), SECONDS)
            assert (await told.next(Message)).mine
        assert third not in room.members
        await other.change(room_id, ChangeMembers(remove=[client.me]))
        with pytest.raises(Refused) as refused:
            await asyncio.wait_for(room.send("för sent"), SECONDS)
        assert refused.value.code == "not_a_member"
        assert [one.id for one in client.rooms() if one.id == room_id] == []


async def test_what_does_not_verify_is_nobodys_message(city: City, tmp_path: Path) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with two(city, "Falskt", tmp_path) as (other, client, room_id):
        room, told = client.room("Falskt"), Told(client)
        (mine,) = [one for one in await room.history() if isinstance(one, Message)]
        forged = other.seal(room_id, "jag är någon annan", pid=ids.raw(client.me, "p"))
        opened = await client.reader.read(room_id, 99, forged, counted=False)
        assert opened == [Sealed(room=room_id, pos=99, why="does_not_verify")]
        spoilt = other.seal(room_id, "x")
        opened = await client.reader.read(room_id, 99, spoilt[:-1] + bytes([spoilt[-1] ^ 1]), counted=False)
        assert opened == [Sealed(room=room_id, pos=99, why="does_not_verify")]
        # An edit of somebody else's message is nothing, even if relay would carry it.
        raw = ids.raw(mine.id, "m")
        strange = await client._book.seal(
            room_id,
            Content(t="ditt ord"),
            kind=EnvelopeKind.EDIT,
            msg=ids.new_msg_id(),
            seq=7,
            ref=raw,
            thread=ids.NONE,
        )
        assert await client.reader.read(room_id, 99, strange, counted=False) == [
            Sealed(room=room_id, pos=99, why="nothing")
        ]
        client._book.rooms[room_id].state.members.pop(other.me.pid)  # as if relay's list were another
        assert client._link is not None
        client._link.close()
        await asyncio.sleep(1.5)
        with pytest.raises(DoesNotVerify):
            await asyncio.wait_for(room.send("hemligt"), SECONDS)
        del told, asa, bjorn


async def test_a_device_is_kept_and_only_its_owner_may_read_it(city: City, tmp_path: Path) -> None:
    login, path = city.ready["logins"][1], tmp_path / "device"
    seen = set()
    for _ in range(2):
        async with Client(city.home, login["user"], login["password"], device=path) as client:
            seen.add(client._device.dev)
    assert len(seen) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(BadDevice):
        Client(city.home, login["user"], login["password"], device=path)
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(BadDevice):
        Client(city.home, login["user"], login["password"], device=path)
    with pytest.raises(Refused) as refused:
        async with Client(city.home, login["user"], "fel lösenord"):
            pass
    assert refused.value.code == "sign_in_failed"


async def test_on_call_notices_wait_call_the_next_one_and_end_with_a_reaction(city: City, tmp_path: Path) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Client(city.home, asa["user"], asa["password"]) as person, Device(city.ready, asa) as owner:
        room_id = await owner.create(Kind.GROUP, "Jour", await owner.find(bjorn["name"]))
        told = Told(person)
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, str(EXAMPLE), city.home, bjorn["user"], "Jour", "Pump 4: hög nivå"]
        command += ["--next", asa["name"], "--seconds", "1", "--device", str(tmp_path / "larm")]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={"PATH": os.defpath, "PYTHONPATH": str(EXAMPLE.parents[1] / "src")},
        )
        try:
            assert process.stdin is not None
            process.stdin.write(f"{bjorn['password']}\n".encode())
            alert = await told.next(Message)
            while alert.room != room_id:
                alert = await told.next(Message)
            assert alert.text.startswith("**Pump 4: hög nivå**")
            called = await told.next(Message)
            assert (called.thread, called.mentions) == (alert.id, (person.me,))
            await person.room("Jour").react(alert.id, "👍")
            edited = await told.next(Edited)
            assert (edited.ref, edited.text) == (alert.id, f"Pump 4: hög nivå\n\nTaken by {asa['name']}.")
            out, err = await asyncio.wait_for(process.communicate(), SECONDS)
            assert (process.returncode, err.decode()) == (0, "")
            assert out.decode().splitlines() == ["alert is out", f"called {asa['name']}", f"taken by {asa['name']}"]
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()
