"""Shares and the drill: two of three people, the second copy and relay's log open what was said; one person opens nothing."""

import asyncio
import itertools
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from samrum.home import admin, app
from samrum.home.config import HomeConfig
from samrum.home.keys import copy
from samrum.home.keys.folder import KeyFolder
from samrum.plumbing.clock import SystemClock
from samrum.plumbing.config import BadConfig
from samrum.wire import content, jws
from samrum.wire.ids import RoomId
from tests.home.client import Person, Refused
from tests.home.running import beside, make_config, recorder_of, running, write_toml
from tests.relay.client import ENVIRONMENT, Device, RelayProcess, Room

SAID = "Hemligt protokoll om åtgärder"


def with_recovery(folder: Path) -> HomeConfig:
    config = make_config(folder)
    keys = msgspec.structs.replace(config.keys, recovery=beside(folder, "recovery"))
    return msgspec.structs.replace(config, keys=keys)


def three(folder: Path, name: str = "share") -> list[Path]:
    return [folder.with_name(f"{folder.name}-{name}-{number}") for number in (1, 2, 3)]


def gives_away(words: list[str], said: str) -> bool:
    """Whether a sentence holds two words of a share beside each other: single ones are everyday words."""
    return any(f"{one} {other}" in said for one, other in itertools.pairwise(words))


def test_any_two_open_everything_and_one_opens_nothing(tmp_path: Path) -> None:
    config = with_recovery(tmp_path)
    path, files = write_toml(config), three(tmp_path)
    KeyFolder(config.keys, config.tenant).period("2026-11", "365d")
    said = admin.make_shares(path, files, anew=False)
    words = [file.read_text().split("\n", 2)[2].split() for file in files]
    assert [len(one) for one in words] == [33, 33, 33]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not gives_away(file.read_text().split()[-33:], " ".join(said))
    KeyFolder(config.keys, config.tenant).period("2026-12", "365d")  # made later, without anybody's share
    for two in itertools.combinations(files, 2):
        assert "2 period keys (2026-11.365d, 2026-12.365d)" in admin.check_shares(list(two), None, path)[-1]
    assert admin.check_shares([files[1]], None, None)[0].endswith("share 2 of 3, whole")
    with pytest.raises(BadConfig, match="not two different shares"):
        admin.check_shares([files[0], files[0]], None, path)
    # A share is words: written off by hand, in capitals and other lines, it is the same.
    files[2].write_text("\n".join(word.upper() for word in words[2]))
    admin.check_shares([files[0], files[2]], None, path)
    for bad in (
        words[2][:-1],
        [*words[2][:-1], "acid"],
        ["zebra", *words[2][1:]],
        [*words[2][:3], words[2][4], words[2][3], *words[2][5:]],
    ):
        files[2].write_text(" ".join(bad))
        with pytest.raises(BadConfig, match="is not a whole share") as error:
            admin.check_shares([files[0], files[2]], None, path)
        assert not gives_away(words[2], str(error.value))
    files[1].chmod(0o644)
    with pytest.raises(BadConfig, match="chmod 600"):
        admin.check_shares([files[1]], None, None)


def test_shares_are_made_once_unless_asked_and_then_the_old_ones_are_worth_nothing(tmp_path: Path) -> None:
    config = with_recovery(tmp_path)
    path, old, new = write_toml(config), three(tmp_path), three(tmp_path, "new")
    KeyFolder(config.keys, config.tenant).period("2026-11", "365d")
    with pytest.raises(BadConfig, match="three different files"):
        admin.make_shares(path, [old[0], old[0], old[1]], anew=False)
    admin.make_shares(path, old, anew=False)
    for files, words in ((new, "were made already"), (old, "were made already")):
        with pytest.raises(BadConfig, match=words):
            admin.make_shares(path, files, anew=False)
    with pytest.raises(BadConfig, match="none of which exists"):
        admin.make_shares(path, old, anew=True)
    admin.make_shares(path, new, anew=True)
    assert "1 period keys" in admin.check_shares(new[:2], None, path)[-1]
    with pytest.raises(BadConfig, match="not sealed to these shares"):
        admin.check_shares(old[:2], None, path)
    with pytest.raises(BadConfig, match="not two different shares of one key"):
        admin.check_shares([old[0], new[1]], None, path)
    without = msgspec.structs.replace(config, keys=msgspec.structs.replace(config.keys, recovery=None))
    with pytest.raises(BadConfig, match=r"keys\.recovery must name"):
        KeyFolder(without.keys, without.tenant)


async def test_a_new_period_key_is_restorable_before_it_is_used(tmp_path: Path) -> None:
    config = with_recovery(tmp_path)
    path, files = write_toml(config), three(tmp_path)
    recovery = config.keys.recovery
    assert recovery
    async with running(config) as home:
        (alice,) = await home.enter(0)
        await alice.create()
        admin.make_shares(path, files, anew=False)  # home need not be restarted
        away = recovery.rename(recovery.with_name(recovery.name + "-away"))
        await alice.create()  # this month's period key is there
        home.clock.time += 32 * 86_400
        await alice.enter()
        for broken in ("gone", "not mounted"):
            if broken == "not mounted":
                recovery.mkdir()
            with pytest.raises(Refused, match="503 second_copy_away"):
                await alice.create()
        recovery.rmdir()
        away.rename(recovery)
        await alice.create()
    assert "2 period keys" in admin.check_shares(files[1:], None, path)[-1]


@dataclass
class City:
    """A home and a relay where something was said, and what a drill needs."""

    config: HomeConfig
    path: Path
    shares: list[Path]
    relay: RelayProcess
    rooms: list[RoomId]
    log: Path

    def drill(self, **other: Any) -> admin.Report:
        given = {
            "config": None,
            "shares": self.shares[:2],
            "second_copy": self.config.keys.second_copy,
            "recovery": self.config.keys.recovery,
            "log": str(self.log),
            "into": None,
            "per_epoch": 0,
        }
        return admin.drill(admin.Asked(**(given | other)))


async def say(relay: RelayProcess, person: Person, room: RoomId, times: int) -> None:
    """What a person's own device sends: sealed under the room's key of now, past relay's real door."""
    device = Device(SimpleNamespace(tenant=person.started.tenant), person.pid)  # type: ignore[arg-type]
    device.dev, device.key = person.dev, person.key
    device.seqs = person.__dict__.setdefault("seqs", {})
    state = await person.chain(room)
    assert state.epoch
    (key,) = (await person.keys((room, state.epoch.n))).keys
    held = Room(state, key=jws.unb64(key.key))
    await device.open(relay.stream, grant=person.started.grant, origin=person.url)
    for _ in range(times):
        await device.say(held, plain=content.pad(content.Content(t=SAID)))
    await device.close()


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    config = with_recovery(tmp_path)
    path, files = write_toml(config), three(tmp_path)
    registered: Any = SimpleNamespace(registration=lambda: json.loads(app.registration(path)))
    operator = beside(tmp_path, "operator")
    relay = RelayProcess(operator, int(config.relay.http.rpartition(":")[2]), registered)
    relay.start()
    try:
        await relay.ready()
        admin.make_shares(path, files, anew=False)
        async with running(config, SystemClock(), recorder_of(config)) as home:
            alice, bob = await home.enter(0, 1)
            first = (await alice.create(bob.pid)).room.room
            second = (await bob.create(alice.pid)).room.room
            await say(relay, alice, first, 4)
            await say(relay, bob, second, 2)
            await alice.change(first, remove=[bob.pid])
            await say(relay, alice, first, 3)
        log = tmp_path / "log"
        await asyncio.to_thread(admin.write_log, path, log)
        yield City(config, path, files, relay, [first, second], log)
    finally:
        assert relay.stop() == 0


WHOLE = {"rooms": 2, "epochs": 3, "messages": 9, "tried": 9, "opened": 9, "failures": {}}


def told(report: admin.Report) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(report).items() if name in WHOLE}


async def test_the_drill_opens_what_was_said_and_names_what_is_missing(city: City, tmp_path: Path) -> None:
    place, recovery = city.config.keys.second_copy, city.config.keys.recovery
    assert recovery
    report = city.drill()
    assert (told(report), report.well(), report.periods, report.keys) == (WHOLE, True, 1, 3)
    # The same from relay itself, as an administrator does it, home's own machine being gone.
    shutil.rmtree(city.config.keys.folder)
    (city.config.data / "home.db").unlink()
    into = tmp_path / "restored"
    arguments = ["--config", city.path, "--shares", *city.shares[1:], "--log", city.relay.http, "--into", into]
    command = [sys.executable, "-m", "samrum", "home", "drill", "--per-epoch", "2", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    assert (told(msgspec.json.decode(done.stdout, type=admin.Report)), done.stderr) == (
        WHOLE | {"tried": 6, "opened": 6},
        b"",
    )
    restored = KeyFolder(msgspec.structs.replace(city.config.keys, folder=into / "keys"), city.config.tenant)
    restored.period("2027-01", "365d")  # the shares stay good for what comes
    assert "2027-01" in admin.check_shares(city.shares[:2], recovery, None)[-1]
    (recovery / "period-2027-01.365d.key.sealed").unlink()
    with pytest.raises(BadConfig, match="exists already"):
        city.drill(into=into)
    # What is broken is counted by its cause, and never passes for success.
    (file,) = place.glob("epochs-*.jsonl")
    lines, pages = file.read_bytes().splitlines(keepends=True), city.log.read_bytes()
    rows = {row.room: row for row in copy.read(place)}
    spoilt = msgspec.json.encode(msgspec.structs.replace(rows[city.rooms[1]], wrapped=jws.b64(bytes(60))))
    other_kc = msgspec.json.encode(msgspec.structs.replace(rows[city.rooms[1]], kc=jws.b64(bytes(32))))
    elsewhere = msgspec.json.encode(msgspec.structs.replace(rows[city.rooms[1]], room=city.rooms[0]))
    others = [line for line in lines if city.rooms[1].encode() not in line]
    for change, cause in (
        (spoilt, "bad_key"),
        (other_kc, "bad_key"),
        (elsewhere, "no_key"),
        (b"", "no_key"),
        (b"{", "no_key"),
    ):
        file.write_bytes(b"".join([*others, change, b"\n"]))
        report = city.drill()
        assert (report.opened, report.failures, report.well()) == (7, {cause: 2}, False)
    file.write_bytes(b"".join(lines))
    city.log.write_bytes(pages[:-80] + bytes([pages[-80] ^ 1]) + pages[-79:])  # in the last envelope's ciphertext
    assert city.drill().failures == {"cannot_open": 1}
    city.log.write_bytes(pages[:-1])
    with pytest.raises(BadConfig, match="not a whole log"):
        city.drill()
    city.log.write_bytes(b"")
    assert not city.drill().well()
    city.log.write_bytes(pages)
    (period,) = recovery.glob("period-*")
    held = period.read_bytes()
    period.unlink()
    assert city.drill().failures == {"no_period": 9}
    assert not list((into / "keys").glob("*.new"))
    period.write_bytes(held)
    assert told(city.drill()) == WHOLE


def test_a_drill_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(admin.MEMORY.glob("samrum-drill-*"))
    config = with_recovery(tmp_path)
    files = three(tmp_path)
    admin.make_shares(write_toml(config), files, anew=False)
    (tmp_path / "log").write_bytes(b"")
    asked = admin.Asked(
        config=None,
        shares=files[:2],
        second_copy=config.keys.second_copy,
        recovery=config.keys.recovery,
        log=str(tmp_path / "log"),
        into=None,
        per_epoch=1,
    )
    admin.drill(asked)
    assert set(admin.MEMORY.glob("samrum-drill-*")) == before
    with pytest.raises(BadConfig, match="--config is needed"):
        admin.drill(msgspec.structs.replace(asked, log=None))
    with pytest.raises(BadConfig, match="--second-copy and --recovery"):
        admin.drill(msgspec.structs.replace(asked, recovery=None))
