"""Release of keys: to whom, for which epochs, how wrapped, how counted, how destroyed."""

import asyncio
import contextlib
import sqlite3
import stat
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.home.keys.folder import KeyFolder, make
from samrum.plumbing.config import BadConfig
from samrum.wire import ids, jws
from samrum.wire.home_api import MAX_KEYS, Changed, NewRoom, WantKeys
from samrum.wire.ids import RoomId
from samrum.wire.keys import commitment, media_base
from tests.history.processes import Nursery
from tests.home.client import Person, Refused
from tests.home.running import Running, make_config, running, until, write_toml


def opened(home: Running, name: str) -> bytes:
    """A sealed file of the key folder, opened by the format's own words."""
    folder = home.config.keys.folder
    root, data = (jws.unb64((folder / one).read_text().strip()) for one in ("root.key", name))
    aad = b"samrum/keyfile/1" + ids.raw(home.config.tenant, "t") + name.encode()
    return AESGCM(root).decrypt(data[:12], data[12:], aad)


async def got(person: Person, room: RoomId, *epochs: int) -> dict[int, str]:
    """Key or refusal by epoch."""
    answer = await person.keys(*((room, epoch) for epoch in epochs))
    return {one.epoch: one.key for one in answer.keys} | {one.epoch: one.code for one in answer.refused}


async def test_members_get_the_key_that_the_roster_commits_to(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    changed = await alice.create(bob.pid)
    room, epoch = changed.room.room, (await alice.chain(changed.room.room)).epoch
    assert epoch is not None
    (key,) = (await bob.keys((room, 1))).keys
    assert jws.b64(commitment(jws.unb64(key.key))) == epoch.kc
    assert key.key_id == epoch.key_id
    assert changed.keys.keys == [key]
    assert (await home.person(1).enter()).started.leased.keys == [key]


async def test_removed_member_keeps_older_keys_and_gets_no_newer(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    first = (await got(bob, room, 1))[1]
    await alice.change(room, remove=[bob.pid])
    assert await got(bob, room, 1, 2, 3) == {1: first, 2: "not_entitled", 3: "not_entitled"}
    second = await got(carl, room, 1, 2, 3)
    assert second[1] == first
    assert len({first, second[2], second[3]}) == 3
    assert second[3] == "no_such_epoch"
    home.clock.time += 2
    await alice.change(room, remove=[carl.pid])
    await alice.change(room, add=[bob.pid])
    assert set((await got(bob, room, 1, 2, 3)).values()) == set((await got(alice, room, 1, 2, 3)).values())
    assert (await got(carl, room, 2, 3)) == {2: second[2], 3: "not_entitled"}


async def test_strangers_and_unknown_rooms_get_the_same_refusal(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create()).room.room
    for wanted in (room, ids.new_room()):
        assert await got(bob, wanted, 0, 1, 2) == dict.fromkeys((0, 1, 2), "not_entitled")
    assert len((await alice.keys((room, 1))).keys) == 1


async def test_closed_history_gives_keys_from_the_epoch_of_joining(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
        database.execute("UPDATE room SET history = 'closed' WHERE room = ?", (room,))
        database.commit()
    await alice.change(room, add=[carl.pid])
    found = await got(carl, room, 1, 2)
    assert found[1] == "not_entitled"
    assert found[2] == (await got(bob, room, 1, 2))[2]
    state = await alice.chain(room)
    assert state.epoch is not None
    assert (state.epoch.n, state.policy.history if state.policy else "") == (2, "closed")


async def test_a_gap_in_membership_stays_closed_where_history_is_closed(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
        database.execute("UPDATE room SET history = 'closed' WHERE room = ?", (room,))
        database.commit()
    for changes in ({"remove": [bob.pid]}, {"remove": [carl.pid]}, {"add": [bob.pid]}, {"add": [carl.pid]}):
        home.clock.time += 3  # what happens within two seconds shares an epoch
        await alice.change(room, **changes)
    last = (await alice.chain(room)).epoch
    assert last is not None
    of = {person: await got(person, room, *range(1, last.n + 2)) for person in (alice, bob, carl)}
    opens = {person.user: [n for n, key in found.items() if len(key) == 43] for person, found in of.items()}
    assert opens == {"person0": [1, 2, 3, 4, 5], "person1": [1, 4, 5], "person2": [1, 2, 5]}
    assert all(of[bob][epoch] == of[alice][epoch] for epoch in opens["person1"])
    assert [found[last.n + 1] for found in of.values()] == ["no_such_epoch"] * 3
    rooms = [(room, 1), (room, 3), (ids.new_room(), 1)]
    answer = await bob.keys(*rooms)  # a refusal is a pair's own
    assert ([(one.room, one.epoch) for one in answer.keys], [(one.room, one.epoch) for one in answer.refused]) == (
        rooms[:1],
        rooms[1:],
    )


async def test_what_opens_relay_opens_no_key(home: Running) -> None:
    (alice,) = await home.enter(0)
    room = (await alice.create()).room.room
    body = WantKeys(want=[(room, 1)])
    bearer = {"authorization": f"Bearer {alice.started.grant}"}
    for headers in (bearer | {"cookie": ""}, bearer):
        proof = alice.proof("POST", "/keys", msgspec.json.encode(body))
        answer = await alice.raw("POST", "/keys", body, headers=headers, proof=proof)
        assert (answer.status_code, answer.content) == (403, b'{"code":"not_allowed"}')
    assert (await alice.raw("POST", "/keys", body)).json() == {"code": "bad_proof"}
    proof = alice.proof("POST", "/keys", msgspec.json.encode(body))
    answers = [await alice.raw("POST", "/keys", body, proof=proof) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 401]
    assert answers[1].json() == {"code": "bad_proof"}


async def test_media_bases_of_today_and_tomorrow_for_members_only(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room, today = (await alice.create()).room.room, int(home.clock.now()) // 86_400
    media = (await alice.keys(media=[room])).media
    assert [(one.epoch, one.day, one.base) for one in media] == [
        (1, day, jws.b64(media_base(opened(home, f"day-{day}.key"), room, 1, day))) for day in (today, today + 1)
    ]
    refused = await bob.keys(media=[room])
    assert ([one.code for one in refused.refused], refused.media) == (["not_entitled"], [])
    assert (await home.person(0).enter()).started.leased.media == media
    await alice.change(room, add=[bob.pid])
    await alice.change(room, remove=[bob.pid])
    assert not (await bob.keys(media=[room])).media
    assert {one.epoch for one in (await alice.keys(media=[room])).media} == {2}


async def test_day_keys_are_destroyed_after_48_hours(home: Running) -> None:
    (alice,) = await home.enter(0)
    room, today = (await alice.create()).room.room, int(home.clock.now()) // 86_400
    await alice.keys(media=[room])
    home.clock.time = (today + 1) * 86_400 + 86_399
    async with again(home) as later:
        assert (later.config.keys.folder / f"day-{today}.key").exists()
    home.clock.time += 1
    async with again(home) as later:
        assert not (later.config.keys.folder / f"day-{today}.key").exists()
        assert (later.config.keys.folder / f"day-{today + 1}.key").exists()


def again(home: Running) -> contextlib.AbstractAsyncContextManager[Running]:
    """A second start on the same folder."""
    config = msgspec.structs.replace(home.config, listen="127.0.0.1:21598", url="http://localhost:21598")
    return running(config, home.clock, home.relay)


async def test_keys_stand_nowhere_in_clear(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    key = (await got(alice, room, 1))[1]
    raw = jws.unb64(key)
    for path in home.config.data.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert raw not in data
            assert key.encode() not in data
    for path in home.config.keys.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.config.keys.folder.stat().st_mode) == 0o700


async def test_without_a_proof_a_room_comes_without_its_key(home: Running) -> None:
    (alice,) = await home.enter(0)
    new = NewRoom(room=ids.new_room(), kind="group", members=[], title="x")
    changed = await alice.ask("POST", "/rooms", new, want=Changed)
    assert not changed.keys.keys
    body = msgspec.json.encode(new)
    answer = await alice.raw("POST", "/rooms", new, proof=alice.proof("POST", "/rooms", body + b" "))
    assert answer.content == b'{"code":"bad_proof"}'
    assert (await alice.create(room=new.room)).keys.keys


async def test_requests_are_limited_in_size_and_rate(home: Running) -> None:
    (alice,) = await home.enter(0)
    room = (await alice.create()).room.room
    want = [(room, epoch) for epoch in range(MAX_KEYS)]
    with pytest.raises(Refused, match="bad_request"):
        await alice.ask("POST", "/keys", WantKeys(want=[*want, (room, 1)]), want=dict, proof=True)
    for _ in range(10):
        assert len((await alice.keys(*want)).keys) == 1
    with pytest.raises(Refused, match="rate_limited") as error:
        await alice.keys((room, 1))
    assert error.value.retry_after is not None
    home.clock.time += error.value.retry_after
    await alice.keys((room, 1))


async def test_ordinary_releases_are_counted_by_room_and_hour_only(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (
        await alice.ask(
            "POST",
            "/rooms",
            {"room": ids.new_room(), "kind": "group", "members": [bob.pid], "title": "x"},
            want=Changed,
        )
    ).room.room
    for person in (alice, bob, bob):
        await got(person, room, 1, 2)
    with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
        rows = database.execute("SELECT * FROM released").fetchall()
    assert rows == [(room, int(home.clock.now()) // 3600, 3)]


async def test_counts_are_kept_for_thirty_days(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    await got(bob, room, 1)
    hour = int(home.clock.now()) // 3600

    def counted() -> list[int]:
        with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
            return [row[0] for row in database.execute("SELECT hour FROM released")]

    home.clock.time = (hour + 30 * 24) * 3600
    async with again(home):
        assert counted() == [hour]
    home.clock.time += 3600
    async with again(home):
        assert counted() == []


async def test_keys_are_renewed_after_fifty_thousand_messages(home: Running) -> None:
    (alice,) = await home.enter(0)
    room, other = [(await alice.create()).room.room for _ in range(2)]

    def epoch(of: RoomId) -> int:
        with contextlib.closing(sqlite3.connect(home.config.data / "home.db")) as database:
            return int(database.execute("SELECT epoch FROM room WHERE room = ?", (of,)).fetchone()[0])

    for said, wanted in ((49_999, 1), (50_000, 2), (99_999, 2), (100_001, 3), (100_002, 3)):
        home.relay.positions = {room: said, other: 7, ids.new_room(): said}
        asked = home.relay.asked
        async with again(home):
            await until(lambda: home.relay.asked > asked and epoch(room) == wanted)  # noqa: B023  awaited at once
            await asyncio.sleep(0.1)
        assert (epoch(room), epoch(other)) == (wanted, 1)


async def test_day_keys_go_at_midnight_from_disk_and_from_memory(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    nursery, start = Nursery("home", write_toml(config)), time.time()
    today, off = int(start) // 86_400, 0.0
    try:
        nursery.start()
        alice = Person(config.url, lambda: time.time() + off, "person0", "lind-sten-7")
        await up(config.url)
        await alice.enter()
        room = (await alice.create()).room.room
        await alice.keys(media=[room])
        home = Running(config, None, None)  # type: ignore[arg-type]
        keys = {day: opened(home, f"day-{day}.key") for day in (today, today + 1)}
        assert [in_memory(nursery.child, key) for key in keys.values()] == [True, True]
        off = (today + 2) * 86_400 - time.time() - 60  # a minute before
        nursery.set_clock(off)
        await asyncio.sleep(1.5)
        assert in_memory(nursery.child, keys[today])
        nursery.set_clock(off + 60)
        for _ in range(100):
            await asyncio.sleep(0.1)
            if not (config.keys.folder / f"day-{today}.key").exists():
                break
        assert [in_memory(nursery.child, key) for key in keys.values()] == [False, True]
        assert (config.keys.folder / f"day-{today + 1}.key").exists()
        await alice.close()
    finally:
        nursery.close()


def test_a_destroyed_day_key_is_overwritten_where_it_stood(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    folder, room = KeyFolder(config.keys, config.tenant), ids.new_room()
    bases = [folder.media_base(room, 1, day) for day in (20_000, 20_001)]
    held = folder._open["day-20000.key"]
    assert folder.destroy_days(20_002) == 1
    assert held == bytes(32)
    assert folder.media_base(room, 1, 20_001) == bases[1]
    assert folder.media_base(room, 1, 20_000) != bases[0]  # another key


async def up(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(url + "/health")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("home does not answer")


def in_memory(pid: int, secret: bytes) -> bool:
    """Whether these bytes stand anywhere in a process's writable memory."""
    found = False
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(one, 16) for one in place.split("-"))
                with contextlib.suppress(OSError, ValueError):
                    memory.seek(start)
                    found = found or secret in memory.read(end - start)
    return found


async def test_thirty_days_old_keys_are_renewed_at_start(home: Running) -> None:
    (alice,) = await home.enter(0)
    room = (await alice.create()).room.room
    home.clock.time += 30 * 86_400
    async with again(home):
        pass
    await alice.sign_in()
    state = await alice.chain(room)
    assert state.epoch is not None
    assert (state.version, state.epoch.n) == (2, 2)


def test_key_folder_refuses_what_others_may_read_and_exchanged_files(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    keys, tenant = config.keys, config.tenant
    signing = (keys.folder / "signing.key").read_bytes()
    make(config, 2)
    assert (keys.folder / "signing.key").read_bytes() == signing
    folder = KeyFolder(keys, tenant)
    key = folder.period("2026-11", "365d")
    assert KeyFolder(keys, tenant).period("2026-11", "365d") == key
    assert folder.period("2026-12", "365d") != key
    (keys.folder / "period-2026-12.365d.key").write_bytes((keys.folder / "period-2026-11.365d.key").read_bytes())
    with pytest.raises(BadConfig, match="not sealed by this root key"):
        KeyFolder(keys, tenant).period("2026-12", "365d")
    with pytest.raises(BadConfig, match="not sealed by this root key"):
        KeyFolder(keys, ids.new_tenant())
    (keys.folder / "root.key").chmod(0o640)
    with pytest.raises(BadConfig, match="others may read"):
        KeyFolder(keys, tenant)
