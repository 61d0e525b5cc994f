"""The directory's rooms, a big person's first reply, and what stands in the log."""

import asyncio
import signal
from pathlib import Path

import msgspec

from samrum.home.directory.outside import FirstRoom
from samrum.plumbing.clock import SystemClock
from samrum.wire.home_api import Started
from samrum.wire.statements import Kind
from tests.home.client import Person
from tests.home.running import PASSWORD, entry, make_config, recorder_of, running, until, user, write_directory
from tests.home.test_outbox import start


async def test_rooms_of_the_directory_file_are_made_once(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    rooms = [
        FirstRoom(Kind.CHANNEL, "Hela staden", [user(n) for n in range(8)]),
        FirstRoom(Kind.GROUP, "Två", [user(2), user(1)]),
    ]
    write_directory(config, [entry(n) for n in range(8)], [msgspec.to_builtins(room) for room in rooms])
    async with running(config) as home:
        (owner,) = await home.enter(2)
        titles = {room.title: room for room in owner.started.rooms}
        assert {title: room.kind for title, room in titles.items()} == {"Hela staden": "channel", "Två": "group"}
        state = await owner.chain(titles["Två"].room)
        assert state.members[owner.pid].role == "owner"
        await owner.ask("PATCH", f"/rooms/{titles['Två'].room}", {"title": "Tre"}, want=dict)
    async with running(config) as home:
        (owner,) = await home.enter(2)
        assert {room.title for room in owner.started.rooms} == {"Hela staden", "Tre"}


async def test_first_reply_stays_small_for_a_person_in_sixty_rooms(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    everybody = [user(n) for n in range(60)]
    rooms = [{"kind": "group", "title": f"Room {n}", "members": everybody[n % 20 :][:40]} for n in range(60)]
    rooms += [{"kind": "channel", "title": "Hela staden", "members": everybody}]
    write_directory(config, [entry(n) for n in range(60)], rooms)
    async with running(config) as home:
        person = home.person(25)
        await person.sign_in()
        form = person.start_form()
        answer = await person.raw(
            "POST", "/start", form, proof=person.proof("POST", "/start", msgspec.json.encode(form))
        )
        started = msgspec.json.decode(answer.content, type=Started)
        assert len(answer.content) <= 300_000
        assert len(started.rooms) == 61
        assert len(started.leased.keys) == 61
        assert len(started.leased.media) == 122
        assert len(started.people) == 60
        assert 40 < len(started.rosters) <= 61
        assert sum(len(one) for chain in started.rosters.values() for one in chain) <= 200_000
        await person.start()
        for room, chain in started.rosters.items():
            assert person.pid in person.verified(room, chain).members


async def test_no_name_title_or_secret_in_the_log(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    async with recorder_of(config) as relay:
        process = await start(config)
        person = Person(config.url, SystemClock().now, user(0), PASSWORD)
        await person.enter()
        cookie = person.cookie.partition("=")[2]
        room = (await person.create(title="Hemligt möte")).room.room
        await person.ask("GET", "/people?q=Hemligare", want=dict)
        for method, path, body in (
            ("POST", "/sign-in", {"user": user(0), "password": "Fel-lösenord"}),
            ("POST", "/rooms", {"title": "Hemligt möte"}),
            ("GET", "/since/Hemligare", None),
            ("POST", "/names", {"pids": ["Hemligare"]}),
        ):
            assert 400 <= (await person.raw(method, path, body)).status_code < 500
        await until(lambda: room in relay.rooms)
        await person.raw("POST", "/sign-out", {})
        await person.close()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
    log = (config.data / "home.log").read_text()
    assert room in log
    for word in ("Hemlig", "Åsa", "Ek", user(0), PASSWORD, "Fel-l", cookie, "Firefox", "127.0.0.1", "localhost", "eyJ"):
        assert word not in log, word
