"""The second copy: no key is released before it stands twice, and nothing is half-done while the second place is away."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from samrum.home import admin
from samrum.home.config import HomeConfig
from samrum.home.keys import copy
from samrum.home.keys.copy import Kept
from samrum.plumbing.config import BadConfig
from samrum.wire import ids
from samrum.wire.ids import RoomId
from samrum.wire.statements import Kind
from tests.home.client import NOTHING, Person, Refused
from tests.home.running import Running, entry, make_config, recorder_of, running, until, write_directory, write_toml
from tests.relay.client import ENVIRONMENT

Away = Callable[[Path], Callable[[], object]]


def rows(config: HomeConfig, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(config.data / "home.db")) as database:
        found = database.execute(sql).fetchall()
        database.commit()
        return found


def kept(config: HomeConfig) -> list[Kept]:
    return list(copy.read(config.keys.second_copy))


def everything(config: HomeConfig) -> list[list[tuple[Any, ...]]]:
    """All that a change writes."""
    return [rows(config, f"SELECT * FROM {table}") for table in ("room", "roster", "member", "epoch_key", "ledger")]


async def asked(person: Person, room: RoomId, epoch: int = 1) -> str:
    """The key, or why not."""
    answer = await person.keys((room, epoch))
    return answer.keys[0].key if answer.keys else answer.refused[0].code


def again(home: Running, **other: Any) -> contextlib.AbstractAsyncContextManager[Running]:
    """A second start on the same folders."""
    config = msgspec.structs.replace(home.config, listen="127.0.0.1:21597", url="http://localhost:21597", **other)
    return running(config, home.clock, home.relay)


async def test_every_key_stands_at_both_places_wrapped_and_its_period_key_at_neither(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    await alice.change(room, remove=[bob.pid])
    there = [(row.room, row.epoch, row.key_id, row.kc, row.wrapped) for row in kept(home.config)]
    assert sorted(there) == sorted(rows(home.config, "SELECT room, epoch, key_id, kc, wrapped FROM epoch_key"))
    assert (room, 2) in [one[:2] for one in there]
    names = sorted(path.name for path in home.config.keys.second_copy.iterdir())
    assert names[-1] == copy.MARK
    assert all(name.startswith("epochs-") for name in names[:-1])
    for path in home.config.keys.second_copy.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def gone(place: Path) -> Callable[[], object]:
    moved = place.with_name(place.name + "-unplugged")
    place.rename(moved)
    return lambda: moved.rename(place)


def not_mounted(place: Path) -> Callable[[], object]:
    back = gone(place)
    place.mkdir()
    return lambda: (shutil.rmtree(place), back())


def full(place: Path) -> Callable[[], object]:
    """A device that is always full stands in the file's place."""
    (file,) = place.glob("epochs-*.jsonl")
    moved = file.with_suffix(".moved")
    file.rename(moved)
    file.symlink_to("/dev/full")
    return lambda: moved.replace(file)


def read_only(place: Path) -> Callable[[], object]:
    """The file became a folder: it cannot be opened for writing, by root neither."""
    (file,) = place.glob("epochs-*.jsonl")
    moved = file.with_suffix(".moved")
    file.rename(moved)
    file.mkdir()
    return lambda: (file.rmdir(), moved.rename(file))


def of_another(place: Path) -> Callable[[], object]:
    mark = (place / copy.MARK).read_bytes()
    (place / copy.MARK).write_bytes(mark.replace(b'"id":"', b'"id":"0', 1))
    return lambda: (place / copy.MARK).write_bytes(mark)


@pytest.mark.parametrize("away", [gone, not_mounted, full, read_only, of_another])
async def test_without_the_second_place_nothing_changes_and_it_goes_on_by_itself(home: Running, away: Away) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    key = await asked(bob, room)
    back = away(home.config.keys.second_copy)
    before, new = everything(home.config), ids.new_room()
    with pytest.raises(Refused, match="503 second_copy_away") as error:
        await alice.create(bob.pid, room=new)
    assert error.value.retry_after
    assert everything(home.config) == before
    assert await asked(bob, room) == key
    assert (await alice.change(room, add=[carl.pid])).room.version == 2  # needs no key
    back()
    assert (await alice.create(bob.pid, room=new)).room.version == 1
    assert (await alice.change(room, remove=[bob.pid])).room.version == 3
    assert await asked(bob, room, 2) == "not_entitled"
    assert {(row.room, row.epoch) for row in kept(home.config)} >= {(room, 1), (room, 2), (new, 1)}


async def test_a_place_that_hangs_is_given_up_after_seconds(home: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "SECONDS", 1.0)  # less patience, for the test's sake
    (alice,) = await home.enter(0)
    await alice.create()
    (file,) = home.config.keys.second_copy.glob("epochs-*.jsonl")
    with file.open("rb") as hand:
        fcntl.flock(hand, fcntl.LOCK_EX)
        started = time.monotonic()
        for most in (copy.SECONDS + 2, 1.0):  # the second one is told at once
            with pytest.raises(Refused, match="second_copy_away"):
                await alice.create()
            assert time.monotonic() - started < most
            started = time.monotonic()
    await until(lambda: len(kept(home.config)) == len(rows(home.config, "SELECT 1 FROM epoch_key")) + 1)  # it came late
    await asyncio.sleep(0.5)
    await alice.create()


async def test_home_starts_without_its_second_place_and_goes_on_without_new_keys(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    back = gone(home.config.keys.second_copy)
    home.clock.time += 31 * 86_400  # a new key is due, too
    async with again(home) as later:
        (there,) = await later.enter(1)
        assert len(await asked(there, room)) == 43
        with pytest.raises(Refused, match="second_copy_away"):
            await there.create()
        back()
        await there.create()


async def test_keys_that_stand_once_are_not_released_until_they_stand_twice(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    room = (await alice.create(bob.pid)).room.room
    (file,) = home.config.keys.second_copy.glob("epochs-*.jsonl")
    file.unlink()
    rows(home.config, "UPDATE epoch_key SET copied = 0")  # as a version without second copy left them
    assert await asked(bob, room) == "second_copy_away"
    back = gone(home.config.keys.second_copy)
    async with again(home) as later:
        (there,) = await later.enter(1)
        assert await asked(there, room) == "second_copy_away"
    back()
    async with again(home) as later:
        (there,) = await later.enter(1)
        assert len(await asked(there, room)) == 43
    assert len(kept(home.config)) == len({row.key_id for row in kept(home.config)}) == 1


async def test_a_place_that_was_lost_is_replaced_by_word_only(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    await alice.create(bob.pid)
    place, before = home.config.keys.second_copy, sorted(kept(home.config), key=lambda row: row.key_id)
    shutil.rmtree(place)
    path = write_toml(home.config)
    with pytest.raises(BadConfig, match="there is no such folder"):
        admin.new_second_copy(path)
    place.mkdir()
    with pytest.raises(Refused, match="second_copy_away"):
        await alice.create()
    assert admin.new_second_copy(path)[0].endswith("holds 1 keys now, 1 of them new.")
    assert sorted(kept(home.config), key=lambda row: row.key_id) == before
    await alice.create()  # the running home goes on, without a restart


async def test_a_first_start_needs_a_second_place_elsewhere(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    keys = config.keys
    for place, words in (
        (tmp_path / "nowhere-else", "neither in nor above"),
        (tmp_path, "neither in nor above"),
        (tmp_path.parent, "neither in nor above"),
        (keys.folder / "copy", "neither in nor above"),
        (tmp_path.with_name(tmp_path.name + "-nothing"), "there is no such folder"),
    ):
        bad = msgspec.structs.replace(config, keys=msgspec.structs.replace(keys, second_copy=place))
        with pytest.raises(BadConfig, match=words):
            async with running(bad):
                pass
    for place in (tmp_path / "in", keys.second_copy):
        bad = msgspec.structs.replace(config, keys=msgspec.structs.replace(keys, recovery=place))
        with pytest.raises(BadConfig, match=r"keys\.recovery"):
            bad.check_places()


async def test_a_home_whose_keys_are_gone_does_not_make_others(home: Running) -> None:
    moved = home.config.keys.folder.rename(home.config.data / "away")
    with pytest.raises(BadConfig, match="is missing, but"):
        async with again(home):
            pass
    assert not home.config.keys.folder.exists()
    moved.rename(home.config.keys.folder)


def test_a_cut_line_costs_no_other(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    place = copy.SecondCopy(config.keys.second_copy, config.keys.folder, config.tenant)
    place.settle()
    one = Kept(ids.new_room(), 1, ids.new_key_id(), "c", "2026-11", "365d", "w", 1)
    others = [msgspec.structs.replace(one, epoch=2), msgspec.structs.replace(one, epoch=3, month="2026-12")]
    place.keep([one])
    file = config.keys.second_copy / "epochs-2026-11.365d.jsonl"
    whole = file.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole + whole[:length])
        place.keep(others)
        found = list(copy.read(config.keys.second_copy))
        assert [row for row in found if row.epoch != 1] == others
        assert one in found
        (config.keys.second_copy / "epochs-2026-12.365d.jsonl").unlink()


async def test_kill_between_the_two_writes_is_harmless(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with recorder_of(config) as relay:
        room = ids.new_room()
        async with running(config, relay=relay) as home:
            (alice,) = await home.enter(0)
            await alice.create()
        (file,) = config.keys.second_copy.glob("epochs-*.jsonl")
        inject = ["-P", str(file), "-e", "trace=fsync", "-e", "inject=fsync:signal=SIGKILL"]
        command = [sys.executable, "-m", "samrum", "home", "run", "--config", str(write_toml(config))]
        process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *command],
            env=ENVIRONMENT,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        person = Person(config.url, time.time, "person0", "lind-sten-7")
        try:
            await until_up(person)
            await person.enter()
            with pytest.raises(httpx.TransportError):
                await person.create(room=room)
            assert process.wait(10) in {-signal.SIGKILL, 128 + signal.SIGKILL}
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what strace started, too
            process.wait()
            await person.close()
        await until(lambda: not listens(config))
        orphans = [row for row in kept(config) if row.room == room]
        assert len(orphans) == 1
        assert rows(config, f"SELECT * FROM room WHERE room = '{room}'") == []
        async with running(config, relay=relay) as home:
            (alice,) = await home.enter(0)
            changed = await alice.create(room=room)
            (key,) = changed.keys.keys
            assert key.key_id != orphans[0].key_id
            assert {row.key_id for row in kept(config) if row.room == room} == {key.key_id, orphans[0].key_id}
            assert (await alice.chain(room)).epoch.key_id == key.key_id  # type: ignore[union-attr]


def listens(config: HomeConfig) -> bool:
    """Whether somebody has home's port: a killed process may take a moment to go."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(config.listen.rpartition(":")[2]))) == 0


async def until_up(person: Person) -> None:
    """Until a home in a process answers."""
    for _ in range(300):
        with contextlib.suppress(Exception):
            if (await person.raw("GET", "/health")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("home does not answer")


def test_many_keys_of_one_change_are_one_write(tmp_path: Path) -> None:
    """What an import of 5,000 rooms costs at the second place: counted by strace, not timed."""
    config = make_config(tmp_path)
    script = (
        "import sys, pathlib; from samrum.home.keys.copy import Kept, SecondCopy; from samrum.wire import ids\n"
        "place = SecondCopy(*map(pathlib.Path, sys.argv[1:3]), sys.argv[3]); place.settle()\n"
        "place.keep([Kept(ids.new_room(), 1, ids.new_key_id(), 'c' * 43, '2026-11', '365d', 'w' * 100, 1) for _ in range(5000)])"
    )
    trace = tmp_path / "trace"
    arguments = [str(config.keys.second_copy), str(config.keys.folder), config.tenant]
    command = ["strace", "-f", "-qq", "-y", "-o", str(trace), "-e", "trace=fsync,write", sys.executable, "-c", script]
    subprocess.run([*command, *arguments], check=True, env=ENVIRONMENT | {"PATH": os.defpath})
    lines = [line for line in trace.read_text().splitlines() if "epochs-2026-11" in line]
    assert len(list(copy.read(config.keys.second_copy))) == 5000
    assert len(lines) == 2


async def test_who_is_removed_is_out_at_once_and_the_new_key_follows(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    closed = (await alice.create(bob.pid, history="closed")).room.room
    back = gone(home.config.keys.second_copy)
    assert (await alice.change(room, add=[carl.pid], remove=[bob.pid])).room.version == 2
    assert set((await carl.chain(room)).members) == {alice.pid, carl.pid}
    with pytest.raises(Refused, match="503 second_copy_away"):
        await alice.change(closed, add=[carl.pid], remove=[bob.pid])
    assert set((await alice.chain(closed)).members) == {alice.pid, bob.pid}
    assert rows(home.config, f"SELECT epoch FROM room WHERE room = '{room}'") == [(1,)]
    back()
    await until(lambda: rows(home.config, f"SELECT epoch FROM room WHERE room = '{room}'") == [(2,)], 10)
    assert await asked(bob, room, 2) == "not_entitled"
    assert await asked(carl, room, 2) == await asked(alice, room, 2)


async def test_a_lost_device_and_a_leaver_are_out_at_once_and_the_new_keys_follow(home: Running) -> None:
    alice, bob, thief = await home.enter(0, 1, 1)
    room = (await alice.create(bob.pid)).room.room
    direct = (await alice.create(bob.pid, kind=Kind.DIRECT, title="")).room.room
    back = gone(home.config.keys.second_copy)
    await bob.ask("POST", f"/devices/{thief.dev}/revoke", {"lost": True}, want=NOTHING)
    with pytest.raises(Refused, match="403 device_revoked"):
        await thief.keys((room, 1))
    assert home.relay.revocations[-1].dev == thief.dev

    def epochs() -> list[tuple[Any, ...]]:
        return sorted(rows(home.config, "SELECT room, epoch FROM room"))

    assert epochs() == sorted([(room, 1), (direct, 1)])
    back()
    await until(lambda: epochs() == sorted([(room, 2), (direct, 2)]), 10)
    assert await asked(bob, room, 2) == await asked(alice, room, 2)
    back = gone(home.config.keys.second_copy)
    write_directory(home.config, [entry(number) for number in range(8) if number != 1])
    async with again(home) as later:
        (there,) = await later.enter(0)
        assert bob.pid not in (await there.chain(room)).members
        with pytest.raises(Refused, match="401"):
            await bob.keys((room, 2))
        assert epochs() == sorted([(room, 2), (direct, 2)])
        back()
        await until(lambda: epochs() == sorted([(room, 3), (direct, 3)]), 15)


async def test_media_keys_that_cannot_be_written_keep_nobody_out(home: Running) -> None:
    """Tomorrow's file cannot be made, as on a full disk: a link to nowhere has its name."""
    (alice,) = await home.enter(0)
    room = (await alice.create()).room.room
    (home.config.keys.folder / "day-99999.key").symlink_to("nowhere")
    home.clock.time = 99_998 * 86_400 + 10
    await alice.enter()
    answer = await alice.keys((room, 1), media=[room])
    assert ([one.day for one in answer.media], len(answer.keys)) == ([99_998], 1)
    home.clock.time += 86_400
    await alice.enter()
    answer = await alice.keys((room, 1), media=[room])
    assert ([one.code for one in answer.refused], len(answer.keys)) == (["keys_away"], 1)
    (home.config.keys.folder / "day-99999.key").unlink()
    assert len((await alice.keys(media=[room])).media) == 2
