"""What home owes relay arrives: once relay is there, in order per room, through crashes of home and lost answers."""

import asyncio
import contextlib
import signal
import sqlite3
import sys
import time
from pathlib import Path

import httpx

from samrum.home.config import HomeConfig
from samrum.plumbing.clock import SystemClock
from samrum.wire import ids
from samrum.wire.home_api import Changed, HomeHealth
from tests.home.client import Person
from tests.home.running import PASSWORD, ROOT, Running, make_config, recorder_of, running, until, user, write_toml


async def test_relay_away_delays_nothing_but_delivery_and_keeps_order(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    home.relay.away = True
    begun = time.monotonic()
    room = (await alice.create(bob.pid)).room
    assert room.delivered == 0
    assert time.monotonic() - begun < 3
    other = (await bob.create(carl.pid)).room.room
    for number in range(3):
        await alice.change(room.room, add=[carl.pid])
        changed = await alice.change(room.room, remove=[carl.pid])
        assert (changed.room.version, changed.room.delivered) == (3 + 2 * number, 0)
    health = await alice.ask("GET", "/health", want=HomeHealth)
    assert health.outbox > 0
    home.relay.away = False
    await until(lambda: home.relay.rooms.get(room.room) and home.relay.rooms[room.room].version == 7, 10)
    await until(lambda: other in home.relay.rooms)
    assert [one.version for one in home.relay.rosters if one.room == room.room] == list(range(1, 8))
    assert home.relay.rooms[room.room] == await alice.chain(room.room)
    assert not home.relay.gaps
    for _ in range(100):
        health = await alice.ask("GET", "/health", want=HomeHealth)
        if not health.outbox:
            break
        await asyncio.sleep(0.05)
    assert (health.ok, health.outbox) == (True, 0)
    seen = {one.room: one for one in (await alice.since(0)).rooms}
    assert seen[room.room].delivered == 7


async def test_lost_answers_are_repeated_and_change_nothing(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    home.relay.lose_answers = 2
    room = (await alice.create(bob.pid)).room.room
    await until(lambda: room in home.relay.rooms and not home.relay.lose_answers, 8)
    changed = await alice.change(room, remove=[bob.pid])
    assert changed.room.delivered == 2
    assert [one.version for one in home.relay.rosters if one.room == room] == [1, 2]


async def test_a_relay_that_lost_rosters_gets_them_again(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    await alice.change(room, add=[carl.pid])
    await alice.change(room, remove=[carl.pid])
    del home.relay.rooms[room]
    changed = await alice.change(room, remove=[bob.pid])
    await until(lambda: home.relay.rooms.get(room) and home.relay.rooms[room].version == 4)
    assert home.relay.rooms[room] == alice.verified(room, changed.rosters)


async def test_a_refused_room_does_not_stop_the_others(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    home.relay.refuse = (422, "bad_roster")
    stuck = (await alice.create(bob.pid)).room
    assert stuck.delivered == 0
    home.relay.refuse = None
    free = (await alice.create(bob.pid)).room
    assert free.delivered == 1
    assert stuck.room not in home.relay.rooms
    home.clock.time += 6
    await until(lambda: stuck.room in home.relay.rooms, 8)


async def test_a_flow_that_is_switched_off_stops_delivery_and_nothing_else(tmp_path: Path) -> None:
    text = (ROOT / "flows.toml").read_text()
    head, flow, rest = text.partition('id = "home-relay"')
    (tmp_path / "flows.toml").write_text(head + flow + rest.replace("default = true", "default = false", 1))
    async with running(make_config(tmp_path, flows=tmp_path / "flows.toml")) as home:
        (alice,) = await home.enter(0)
        room = (await alice.create()).room
        assert (room.version, room.delivered) == (1, 0)
        assert (await alice.ask("GET", "/health", want=HomeHealth)).outbox > 0
        assert not home.relay.rosters
        await alice.start()


async def test_outbox_survives_kill(tmp_path: Path) -> None:
    """Home is killed (-9) while relay is away; the next home delivers everything, once and in order."""
    config = make_config(tmp_path)
    relay = recorder_of(config)
    process = await start(config)
    alice = Person(config.url, SystemClock().now, user(0), PASSWORD)
    await alice.enter()
    rooms = []
    for number in range(5):
        body = {"room": ids.new_room(), "kind": "group", "members": [], "title": f"Room {number}"}
        changed = asyncio.create_task(alice.ask("POST", "/rooms", body, want=Changed))
        await asyncio.sleep(0.05 if number < 4 else 0)
        rooms.append((changed, body["room"]))
    await asyncio.gather(*(task for task, _ in rooms[:4]))
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await asyncio.gather(rooms[4][0], return_exceptions=True)
    async with relay:
        process = await start(config)
        with contextlib.closing(sqlite3.connect(config.data / "home.db")) as database:
            known = {row[0] for row in database.execute("SELECT room FROM room")}
        assert {room for _, room in rooms[:4]} <= known
        await until(lambda: set(relay.rooms) == known, 10)
        assert sorted(one.room for one in relay.rosters) == sorted(known)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    await alice.close()
    assert not relay.faults


async def start(config: HomeConfig) -> asyncio.subprocess.Process:
    """Home as a process of its own, ready; its log in `home.log`."""
    path = write_toml(config)
    with (config.data / "home.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "samrum", "home", "run", "--config", str(path), stderr=log
        )
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                await http.get(config.url + "/health")
                return process
            assert process.returncode is None, (config.data / "home.log").read_text()
            await asyncio.sleep(0.05)
    raise AssertionError("home does not answer")
