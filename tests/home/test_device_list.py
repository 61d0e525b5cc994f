"""A person's list of devices: what is in it and for how long, signed out against lost, and the question whether it was them."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from samrum.home import app
from samrum.plumbing.transactions import open_transactions
from samrum.wire import home_api, ids
from samrum.wire.ids import Dev, RoomId
from samrum.wire.statements import Topic
from tests.home.client import NOTHING, Person, Refused
from tests.home.running import Running, make_config, running, until
from tests.plumbing.migrating import database_at

DAY = 86_400
MIGRATIONS = Path(app.__file__).with_name("migrations")


async def listed(person: Person) -> dict[Dev, home_api.Device]:
    return {one.dev: one for one in (await person.ask("GET", "/devices", want=home_api.Devices)).devices}


async def asked(person: Person) -> list[Dev]:
    return [dev for dev, one in (await listed(person)).items() if one.asks]


async def epoch(person: Person, room: RoomId) -> int:
    state = await person.chain(room)
    assert state.epoch is not None
    return state.epoch.n


async def told(person: Person) -> list[tuple[str, Dev]]:
    """What the ledger says of the person's devices, in order."""
    ledger = await person.ask("GET", "/ledger", want=home_api.Ledger)
    lines = [msgspec.json.decode(entry.line) for entry in ledger.entries]
    return [
        (line["kind"], line["dev"]) for line in lines if line["kind"].startswith("device") and line["pid"] == person.pid
    ]


async def end(person: Person, dev: Dev, **how: bool) -> None:
    await person.ask("POST", f"/devices/{dev}/revoke", how, want=NOTHING)


async def know(person: Person, dev: Dev) -> None:
    await person.ask("POST", f"/devices/{dev}/known", {}, want=NOTHING, proof=True)


async def test_signing_out_from_afar_changes_no_key_and_losing_changes_all(home: Running) -> None:
    here, there, bob = await home.enter(0, 0, 1)
    rooms = [(await here.create(bob.pid)).room.room for _ in range(3)]
    await end(here, there.dev)
    assert [await epoch(here, room) for room in rooms] == [1, 1, 1]
    one = (await listed(here))[there.dev]
    assert (one.revoked, one.lost) == (True, False)
    for _ in range(2):  # what was signed out from afar may still turn out to be lost; twice is once
        await end(here, there.dev, lost=True)
        assert [await epoch(here, room) for room in rooms] == [2, 2, 2]
    assert (await listed(here))[there.dev].lost
    assert await told(here) == [
        ("device", here.dev),
        ("device", there.dev),
        ("device_revoked", there.dev),
        ("device_lost", there.dev),
    ]
    assert len(home.relay.revocations) == 1


async def test_losing_ends_in_one_entry(home: Running) -> None:
    here, there = await home.enter(0, 0)
    await end(here, there.dev, lost=True)
    await end(here, there.dev)
    assert (await told(here))[2:] == [("device_lost", there.dev)]


async def test_the_list_says_how_long_each_lasts_and_ended_ones_leave_it(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with running(config) as home:
        here = home.person(0)
        await here.sign_in()
        await here.start(label="Edge, Windows")
        short = home.person(0)
        await short.sign_in()
        await short.start(persistent=False)
        (gone,) = await home.enter(0)
        await end(here, gone.dev)
        now = int(home.clock.now())
        found = await listed(here)
        assert [(found[one.dev].persistent, found[one.dev].ends - now) for one in (here, short, gone)] == [
            (True, 30 * DAY),
            (False, DAY // 2),
            (True, 30 * DAY),
        ]
        clock = home.clock
    for days, left in ((29, {here.dev, short.dev, gone.dev}), (1, {here.dev, short.dev}), (1, {here.dev})):
        clock.time += days * DAY
        async with running(config, clock) as home:  # which takes out of lists what is over
            again = home.person(0)
            again.key, again.dev = here.key, here.dev
            await again.enter()
            answer = await again.ask("GET", "/devices", want=home_api.Devices)
            assert {one.dev for one in answer.devices} == left
            assert {one.dev for one in answer.devices} | set(answer.former) == {here.dev, short.dev, gone.dev}
            assert {dev for kind, dev in await told(again) if kind == "device_revoked"} >= set(answer.former)
            back = home.person(0)
            back.key, back.dev = gone.key, gone.dev
            await back.sign_in()
            with pytest.raises(Refused, match="device_revoked"):
                await back.start()
    with contextlib.closing(sqlite3.connect(config.data / "home.db")) as database:
        labels = dict(database.execute("SELECT dev, label FROM device").fetchall())
    assert labels == {here.dev: "Firefox, Debian", short.dev: "", gone.dev: ""}


async def test_a_full_list_gives_up_what_ended_first_and_then_takes_no_more(tmp_path: Path) -> None:
    async with running(make_config(tmp_path, devices=3)) as home:
        here, one, two = await home.enter(0, 0, 0)
        (late,) = [home.person(0)]
        await late.sign_in()
        with pytest.raises(Refused, match="409 too_many_devices"):
            await late.start()
        await here.start()  # who is in the list goes on
        await home.enter(1)  # and others have their own
        await end(here, two.dev)
        home.clock.time += 1
        await end(here, one.dev)
        await late.start()
        answer = await here.ask("GET", "/devices", want=home_api.Devices)
        assert ({each.dev for each in answer.devices}, answer.former) == ({here.dev, one.dev, late.dev}, [two.dev])


async def test_a_new_device_asks_the_older_ones_until_one_answers(home: Running) -> None:
    (first,) = await home.enter(0)
    assert await asked(first) == []
    home.clock.time += 60
    (second,) = await home.enter(0)
    home.clock.time += 60
    home.relay.hints.clear()
    (third,) = await home.enter(0)
    await until(lambda: home.relay.hints)
    assert [(hint.to, hint.topic) for hint in home.relay.hints] == [(first.pid, Topic.DEVICES)]
    assert set(await asked(first)) == {second.dev, third.dev}
    assert await asked(second) == [third.dev]
    assert await asked(third) == []
    cursor = (await second.since(0)).cursor
    await know(first, third.dev)
    assert (await second.since(cursor)).devices
    assert (await asked(first), await asked(second)) == ([second.dev], [])
    await know(first, third.dev)
    await first.start()  # starting again asks nothing
    await second.start()
    assert await asked(first) == [second.dev]


async def test_only_an_older_device_of_ones_own_answers_and_proves_itself(home: Running) -> None:
    first, bob = await home.enter(0, 1)
    home.clock.time += 60
    (second,) = await home.enter(0)
    with pytest.raises(Refused, match="not_allowed"):
        await know(second, second.dev)
    with pytest.raises(Refused, match="not_allowed"):
        await know(second, first.dev)
    for dev in (second.dev, ids.new_dev(), Dev("d_x")):
        with pytest.raises(Refused, match="not_found"):
            await know(bob, dev)
    with pytest.raises(Refused, match="bad_proof"):
        await first.ask("POST", f"/devices/{second.dev}/known", {}, want=NOTHING)
    assert await asked(first) == [second.dev]


async def test_a_device_that_signed_out_again_still_asks_and_ending_it_answers(home: Running) -> None:
    (first,) = await home.enter(0)
    home.clock.time += 60
    thief, other = await home.enter(0, 0)
    assert (await thief.raw("POST", "/sign-out", {})).status_code == 204
    await end(first, other.dev)
    assert await asked(first) == [thief.dev]
    await end(first, thief.dev, lost=True)
    assert await asked(first) == []


async def test_what_a_lost_device_answered_is_asked_again(home: Running) -> None:
    (first,) = await home.enter(0)
    home.clock.time += 60
    (thief,) = await home.enter(0)
    home.clock.time += 60
    (second_of_thief,) = await home.enter(0)
    await know(thief, second_of_thief.dev)
    assert await asked(first) == [thief.dev]
    await end(first, thief.dev, lost=True)
    assert await asked(first) == [second_of_thief.dev]


async def test_devices_of_an_earlier_version_stay_and_ask_nothing(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    database_at(path, MIGRATIONS, "0001")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO person VALUES ('p', 'a', 'A', '', '', 'h', '', '', 0)")
        for dev, revoked in (("d_1", None), ("d_2", 5)):
            database.execute("INSERT INTO device VALUES (?, 'p', 'x', 'Edge', 1, 1, 2, ?)", (dev, revoked))
        database.commit()
    transactions = await open_transactions(path, MIGRATIONS)
    await transactions.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        rows: list[Any] = database.execute("SELECT dev, label, revoked, lost, known, former FROM device").fetchall()
    assert rows == [("d_1", "Edge", None, None, "", None), ("d_2", "Edge", 5, None, "", None)]
