"""Webhooks: their address, what comes by it in order and once, what refuses it, and how they end."""

import asyncio
import itertools
import sqlite3
from typing import Any

import httpx
import msgspec
import pytest

from samrum.wire import content, envelope, ids, jws
from samrum.wire.home_api import Certs, Changed, Person
from samrum.wire.hooks_api import HookMade, Hooks
from samrum.wire.ids import RoomId
from samrum.wire.rooms_api import Post
from samrum.wire.statements import Cert, Kind, Role
from tests.home.client import NOTHING
from tests.home.client import Person as Client
from tests.home.running import Running, make_config, recorder_of, running, until
from tests.home.test_moderation import report
from tests.home.test_rooms import refused


async def make(person: Client, room: RoomId, name: str = "Larm") -> HookMade:
    return await person.ask("POST", f"/rooms/{room}/hooks", {"name": name}, want=HookMade)


async def hooks(person: Client, room: RoomId) -> Hooks:
    return await person.ask("GET", f"/rooms/{room}/hooks", want=Hooks)


async def say(home: Running, made: HookMade, text: Any, **more: Any) -> httpx.Response:
    """As a machine: no cookie, no `Origin`."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(made.url.replace("localhost", "127.0.0.1"), json={"text": text, **more})


async def room_of(home: Running) -> tuple[Client, Client, RoomId]:
    alice, bob = await home.enter(0, 1)
    return alice, bob, (await alice.create(bob.pid, title="Jour")).room.room


async def texts(home: Running, person: Client, room: RoomId) -> list[str]:
    """What relay has, opened as a member does."""
    state, found = await person.chain(room), []
    certs: dict[str, Cert] = {}
    keys: dict[int, bytes] = {}
    for row in home.relay.log:
        sealed = envelope.parse(row.env)
        dev, pid, n = ids.text("d", sealed.dev), ids.text("p", sealed.pid), sealed.epoch
        if dev not in certs:
            (*_, last) = (await person.ask("POST", "/certs", {"devs": [dev]}, want=Certs)).certs[dev]  # type: ignore[index]
            certs[dev] = jws.verify(last, Cert, person.home_keys.get)
        if n not in keys:
            keys[n] = jws.unb64((await person.keys((room, n))).keys[0].key)
        assert (certs[dev].sub, certs[dev].dev) == (pid, dev)
        assert envelope.signature_holds(row.env, jws.key_of_jwk(certs[dev].cnf.jwk))
        assert pid in state.members or n < state.epoch.n  # type: ignore[union-attr]
        found.append(content.unpad(envelope.open_content(sealed, keys[n])).t)
    return found


async def test_a_machine_writes_into_the_room_and_everybody_sees_who(home: Running) -> None:
    alice, bob, room = await room_of(home)
    made = await make(alice, room, "  Pumplarm ")
    assert made.url.startswith(f"{home.config.url}/hooks/")
    changed = await bob.since(0)
    (name,) = [one for one in changed.people if one.pid == made.hook.pid]
    assert name == Person(pid=made.hook.pid, name="Pumplarm", integration=True)
    assert (await bob.chain(room)).members[made.hook.pid].role == Role.MEMBER
    for text in ("Pump 4: **hög nivå**", "å" * 20_000, "tredje 🙂"):
        answer = await say(home, made, text, channel="#larm", username="Någon annan", attachments=[{"x": 1}])
        assert (answer.status_code, answer.content) == (202, b"")
    await until(lambda: len(home.relay.log) == 3)
    assert await texts(home, bob, room) == ["Pump 4: **hög nivå**", "å" * 20_000, "tredje 🙂"]
    await asyncio.sleep(0.05)
    (listed,) = (await hooks(alice, room)).hooks
    assert (listed.name, listed.by, listed.waiting) == ("Pumplarm", alice.pid, 0)
    assert listed.used is not None
    # Nobody signs in as it, finds it or brings it elsewhere.
    stranger = home.person(2)
    stranger.user = made.hook.pid
    assert await refused(stranger.sign_in("x")) == "sign_in_failed"
    assert (await alice.ask("GET", "/people?q=Pump", want=dict))["people"] == []
    assert await refused(alice.create(made.hook.pid)) == "bad_members"


async def test_every_address_that_is_none_has_one_answer(home: Running) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    turned = await alice.ask("POST", f"/rooms/{room}/hooks/{made.hook.pid}/rotate", {}, want=HookMade)
    assert turned.url != made.url
    other = await make(alice, room, "Annan")
    await alice.ask("POST", f"/rooms/{room}/hooks/{other.hook.pid}/remove", {}, want=NOTHING)
    base = home.config.url.replace("localhost", "127.0.0.1")
    answers = set()
    async with httpx.AsyncClient(trust_env=False) as http:
        for token in (
            made.url.rpartition("/")[2], other.url.rpartition("/")[2], turned.url.rpartition("/")[2][:-1],
            "x", "%00", "å", "a" * 5000, jws.b64(bytes(32)),
        ):  # fmt: skip
            for body in (b'{"text": "hej"}', b"[]", b"\xff"):
                answer = await http.post(f"{base}/hooks/{token}", content=body)
                answers.add((answer.status_code, answer.content))
    assert answers == {(404, b'{"code":"not_found"}')}
    assert (await say(home, turned, "hej")).status_code == 202
    # The path opens nothing else, and no cookie counts there.
    assert (
        await alice.raw("POST", "/hooks/../settings", {}, headers={"origin": "http://evil.example"})
    ).status_code in {403, 404, 405}


async def test_what_is_no_text_is_refused(home: Running) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    url = made.url.replace("localhost", "127.0.0.1")
    deep = b'{"text": "a", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    async with httpx.AsyncClient(trust_env=False) as http:
        for body in (b"", b"{}", b"[]", b'"hej"', b'{"text": 5}', b'{"text": null}', b'{"text": "  \\n "}', b'{"text":"\xff"}',
                     b'{"text": "\\u0000"}', b'{"text": "\\ud800"}'):  # fmt: skip
            answer = await http.post(url, content=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_text"), body
        assert (await http.post(url, content=deep)).status_code in {202, 422}
        long = await http.post(url, json={"text": "x" * 61_500})
        assert (long.status_code, long.json()["code"]) == (413, "too_large")
        assert (await http.post(url, content=b"x" * 300_000)).status_code == 413
        assert (await http.post(url, json={"text": "x" * 61_300})).status_code == 202
        assert (await http.get(url)).status_code in {404, 405}


async def test_a_flood_is_held_back_and_drains(home: Running) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    answers = [await say(home, made, f"rad {number}") for number in range(40)]
    assert [one.status_code for one in answers] == [202] * 30 + [429] * 10
    assert answers[-1].json()["code"] == "rate_limited"
    assert 0 < answers[-1].json()["retry_after"] <= 1
    assert int(answers[-1].headers["retry-after"]) == 1
    home.clock.time += 5
    assert [(await say(home, made, "mer")).status_code for _ in range(6)] == [202] * 5 + [429]
    await until(lambda: len(home.relay.log) == 35)
    said = await texts(home, alice, room)
    assert said == [f"rad {number}" for number in range(30)] + ["mer"] * 5


async def test_nothing_is_lost_or_doubled_while_relay_comes_and_goes(home: Running) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    home.relay.away = True
    for number in range(5):
        assert (await say(home, made, f"rad {number}")).status_code == 202
    assert (await hooks(alice, room)).hooks[0].waiting == 5
    home.relay.lose_answers = 2  # done, and the answer lost
    home.relay.away = False
    await until(lambda: len(home.relay.log) == 5, 15)
    await asyncio.sleep(0.3)
    assert await texts(home, alice, room) == [f"rad {number}" for number in range(5)]
    assert not home.relay.faults


async def test_what_was_taken_stands_when_home_dies_and_the_room_got_another_key(home: Running) -> None:
    alice, bob, room = await room_of(home)
    made = await make(alice, room)
    assert (await say(home, made, "före")).status_code == 202
    await until(lambda: len(home.relay.log) == 1)
    home.relay.away = True
    assert (await say(home, made, "efter")).status_code == 202
    await alice.change(room, remove=[bob.pid])
    home.relay.away = False
    await until(lambda: home.relay.rooms[room].version == 3)
    home.clock.time += 2  # relay may have been asked before it had the new key's roster
    await until(lambda: len(home.relay.log) == 2, 15)
    first, second = (envelope.parse(row.env) for row in home.relay.log)
    assert (first.epoch, first.seq, second.epoch, second.seq) == (1, 1, 2, 2)
    assert first.dev == second.dev
    assert await texts(home, alice, room) == ["före", "efter"]


async def test_a_home_that_starts_again_goes_on_where_it_was(tmp_path: Any) -> None:
    config = make_config(tmp_path)
    async with recorder_of(config) as relay:
        async with running(config, relay=relay) as home:
            alice, _, room = await room_of(home)
            made = await make(alice, room)
            assert (await say(home, made, "ett")).status_code == 202
            await until(lambda: len(relay.log) == 1)
            relay.away = True
            assert (await say(home, made, "två")).status_code == 202
        relay.away = False
        async with running(config, relay=relay) as home:
            await until(lambda: len(relay.log) == 2)
            (alice,) = await home.enter(0)
            assert await texts(home, alice, room) == ["ett", "två"]


async def test_a_home_that_lost_count_takes_it_from_its_own_last_envelope(home: Running) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    for text in ("ett", "två"):
        await say(home, made, text)
    await until(lambda: len(home.relay.log) == 2)
    await asyncio.sleep(0.1)
    with sqlite3.connect(home.config.data / "home.db", timeout=5) as database:
        database.execute("UPDATE hook SET seq = 0")
    await say(home, made, "tre")
    await until(lambda: len(home.relay.log) == 3)
    assert await texts(home, alice, room) == ["ett", "två", "tre"]


@pytest.mark.parametrize("how", ["removed", "member"])
async def test_a_removed_webhook_is_out_with_its_device(home: Running, how: str) -> None:
    alice, bob, room = await room_of(home)
    made = await make(alice, room)
    await say(home, made, "hej")
    await until(lambda: len(home.relay.log) == 1)
    home.clock.time += 3  # a loss begins an epoch of its own
    if how == "removed":
        await alice.ask("POST", f"/rooms/{room}/hooks/{made.hook.pid}/remove", {}, want=NOTHING)
    else:
        await alice.change(room, remove=[made.hook.pid])
    state = await bob.chain(room)
    assert made.hook.pid not in state.members
    assert state.epoch is not None
    assert state.epoch.n == 2
    assert (await say(home, made, "igen")).status_code == 404
    assert (await hooks(alice, room)).hooks == []
    if how == "removed":
        await until(lambda: [one.pid for one in home.relay.revocations] == [made.hook.pid])
    (name,) = (await bob.ask("POST", "/names", {"pids": [made.hook.pid]}, want=dict))["people"]
    assert name == {"pid": made.hook.pid, "name": "Larm", "integration": True}


async def test_owners_alone_make_webhooks_and_never_too_many(home: Running) -> None:
    alice, bob, room = await room_of(home)
    (carl,) = await home.enter(2)
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    direct = (await alice.create(bob.pid, kind=Kind.DIRECT, title="")).room.room
    assert await refused(make(bob, room)) == "not_allowed"
    assert await refused(make(carl, room)) == "not_found"
    assert await refused(make(alice, direct)) == "not_allowed"
    assert await refused(hooks(bob, room)) == "not_allowed"
    for name in ("", "  ", "a\nb", "a\u200bb", "a\u202eb"):
        assert await refused(make(alice, room, name)) == "bad_text"
    assert await refused(make(alice, room, "x" * 61)) == "bad_request"
    made = [await make(alice, room, f"Hook {number}") for number in range(20)]
    assert await refused(make(alice, room)) == "too_many_hooks"
    for what, pid in itertools.product(("rotate", "remove"), (made[0].hook.pid, ids.new_pid(), alice.pid)):
        expected = "not_allowed"
        assert await refused(bob.ask("POST", f"/rooms/{room}/hooks/{pid}/{what}", {}, want=NOTHING)) == expected
    assert await refused(alice.ask("POST", f"/rooms/{room}/hooks/{alice.pid}/rotate", {}, want=HookMade)) == "not_found"
    await alice.ask("POST", f"/rooms/{room}/hooks/{made[0].hook.pid}/remove", {}, want=NOTHING)
    await make(alice, room)


async def test_in_a_room_of_announcements_it_may_write_and_nobody_takes_it_for_a_leader(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    body = {"room": ids.new_room(), "kind": Kind.GROUP, "members": [bob.pid], "title": "Nytt", "post": Post.MODERATOR}
    room = (await alice.ask("POST", "/rooms", body, want=Changed, proof=True)).room.room
    made = await make(alice, room)
    assert (await bob.chain(room)).members[made.hook.pid].role == Role.MODERATOR
    reported = await report(bob, room, made.hook.pid)
    assert reported.level == "room", "an integration decides nothing"
    msgspec.json.encode(reported)


async def test_the_secret_stands_nowhere(home: Running, capfd: pytest.CaptureFixture[str]) -> None:
    alice, _, room = await room_of(home)
    made = await make(alice, room)
    secret = made.url.rpartition("/")[2]
    await say(home, made, "hemligt-ord")
    await say(home, made, "")
    await until(lambda: len(home.relay.log) == 1)
    out, err = capfd.readouterr()
    assert secret not in out + err
    assert "hemligt-ord" not in out + err
    assert all(secret.encode() not in path.read_bytes() for path in home.config.data.rglob("*") if path.is_file())


async def test_it_follows_the_room_into_announcements_and_waits_out_the_archive(home: Running) -> None:
    alice, bob, room = await room_of(home)
    made = await make(alice, room)
    await alice.ask("PATCH", f"/rooms/{room}", {"post": Post.MODERATOR}, want=Changed, proof=True)
    assert (await say(home, made, "kungörelse")).status_code == 202
    await until(lambda: len(home.relay.log) == 1)
    assert (await bob.chain(room)).members[made.hook.pid].role == Role.MODERATOR
    await alice.ask("PATCH", f"/rooms/{room}", {"archived": True}, want=Changed, proof=True)
    assert (await say(home, made, "tyst")).status_code == 403
    await alice.ask("PATCH", f"/rooms/{room}", {"archived": False, "post": Post.MEMBER}, want=Changed, proof=True)
    assert (await say(home, made, "igen")).status_code == 202
    await until(lambda: len(home.relay.log) == 2)
    assert (await bob.chain(room)).members[made.hook.pid].role == Role.MEMBER
