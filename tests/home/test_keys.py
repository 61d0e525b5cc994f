"""Release of keys: to whom, for which epochs, how wrapped, how counted, how destroyed."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.home.keys.folder import KeyFolder, make
from samrum.plumbing.config import BadConfig
from samrum.wire import ids, jws
from samrum.wire.home_api import MAX_KEYS, Changed, NewRoom, WantKeys
from samrum.wire.ids import RoomId
from samrum.wire.keys import commitment, media_base
from tests.home.client import Person, Refused
from tests.home.running import Running, make_config, running


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
