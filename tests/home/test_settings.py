"""Own settings on all of one's devices, and the status that colleagues see."""

from pathlib import Path
from typing import Any

import pytest

from samrum.wire.home_api import People, RoomPeople, Since
from samrum.wire.rooms_api import Hours, Settings
from samrum.wire.statements import Topic
from tests.home.client import NOTHING, Person, Refused
from tests.home.running import FakeClock, Running, make_config, running, until

CHOSEN = Settings(
    language="de",
    status="Im Urlaub",
    desktop=False,
    sound=False,
    mail=False,
    quiet=Hours(start=18 * 60, end=7 * 60, days=[0, 1, 2, 3, 4]),
    quiet_until=2_000_000_000,
    zone="Europe/Berlin",
    typing=False,
)


async def put(person: Person, settings: Settings | dict[str, Any]) -> None:
    await person.ask("PUT", "/settings", settings, want=NOTHING)


async def code(work: Any) -> str:
    with pytest.raises(Refused) as error:
        await work
    return error.value.code


def status_of(answer: Since | People, person: Person) -> tuple[str, int | None]:
    (one,) = {(one.status, one.status_until) for one in answer.people if one.pid == person.pid}
    return one


async def test_are_the_same_on_all_devices(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    assert alice.started.settings is None
    assert await alice.ask("GET", "/settings", want=Settings) == Settings()
    cursor = (await alice.since(0)).cursor
    await put(alice, CHOSEN)
    assert (await alice.since(cursor)).settings == CHOSEN
    assert await alice.ask("GET", "/settings", want=Settings) == CHOSEN
    assert (await home.person(0).enter()).started.settings == CHOSEN
    assert (await bob.since(0)).settings is None
    await until(lambda: any((hint.to, hint.topic) == (alice.pid, Topic.SETTINGS) for hint in home.relay.hints))
    await put(alice, {})
    assert await alice.ask("GET", "/settings", want=Settings) == Settings()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"status": "\u200b"}, "bad_text"),
        ({"status": "till\nmåndag"}, "bad_text"),
        ({"status": "x" * 81}, "bad_request"),
        ({"language": "fr"}, "bad_request"),
        ({"quiet": {"start": 1440, "end": 0, "days": []}}, "bad_request"),
        ({"quiet": {"start": 0, "end": 0, "days": [7]}}, "bad_request"),
        ({"theme": "dark"}, "bad_request"),
    ],
    ids=str,
)
async def test_what_is_refused_changes_nothing(home: Running, settings: dict[str, Any], expected: str) -> None:
    (alice,) = await home.enter(0)
    await put(alice, CHOSEN)
    assert await code(put(alice, settings)) == expected
    assert await alice.ask("GET", "/settings", want=Settings) == CHOSEN


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "posix"])
async def test_a_zone_that_home_does_not_know_is_none(home: Running, zone: str) -> None:
    (alice,) = await home.enter(0)
    await put(alice, {"zone": zone})
    assert (await alice.ask("GET", "/settings", want=Settings)).zone == ""


async def test_who_shares_a_room_hears_of_a_status(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    await put(bob, {"status": "Möte"})
    cursor, other = (await bob.since(0)).cursor, (await carl.since(0)).cursor
    ends = int(home.clock.time) + 3600
    await put(alice, {"status": "  Lunch ", "status_until": ends})
    since = await bob.since(cursor)
    assert status_of(since, alice) == ("Lunch", ends)
    assert (len(since.people), since.rooms) == (1, [])
    assert (await carl.since(other)).people == []
    await until(lambda: any((hint.to, hint.topic) == (room, Topic.NAMES) for hint in home.relay.hints))
    page = await bob.ask("GET", f"/rooms/{room}/people", want=RoomPeople)
    assert {one.person.status for one in page.people} == {"Lunch", "Möte"}
    assert status_of(await carl.ask("GET", "/people?q=ek", want=People), alice) == ("Lunch", ends)
    assert status_of(await carl.ask("POST", "/names", {"pids": [alice.pid]}, want=People), alice) == ("Lunch", ends)
    assert {one.status for one in (await home.person(1).enter()).started.people} == {"Lunch", "Möte"}
    hints = len(home.relay.hints)
    await put(alice, {"status": "Lunch", "status_until": ends, "sound": False})
    await until(lambda: len(home.relay.hints) > hints)
    assert (await bob.since(since.cursor)).people == []


async def test_what_is_over_is_forgotten(tmp_path: Path) -> None:
    config, clock = make_config(tmp_path), FakeClock()
    async with running(config, clock) as home:
        alice, bob = await home.enter(0, 1)
        await put(alice, {"status": "Lunch", "status_until": int(clock.time) + 60, "mail": False})
        await put(bob, {"status": "Semester", "status_until": int(clock.time) + 62})
    clock.time += 61
    async with running(config, clock) as home:
        alice, bob = await home.enter(0, 1)
        assert alice.started.me.status == ""
        assert (await alice.ask("GET", "/settings", want=Settings)) == Settings(mail=False)
        assert bob.started.me.status == "Semester"
