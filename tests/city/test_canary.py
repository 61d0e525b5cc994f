"""The canary: an unmistakable person, room and message go through the city; relay, LiveKit and the bucket must hold none of them.

Home must, or nothing was tested. And a city whose relay leaks on purpose, into every sink in another encoding, must be found out.
"""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from samrum.demo import people
from samrum.wire.home_api import Changed
from samrum.wire.rooms_api import ChangeRoom, Settings
from samrum.wire.statements import Kind
from tests.borders.test_logs import token
from tests.city import launch, search
from tests.city.client import Device
from tests.city.launch import City
from tests.city.search import Finding
from tests.conftest import ROOT

pytestmark = pytest.mark.servers
PLANT = Path(__file__).with_name("plant.py")


def canary(word: str) -> str:
    """A text that stands nowhere else: letters that encodings treat differently, around random ones."""
    return f"{word} Åsé{secrets.token_hex(6)}öÿ"


def texts() -> dict[str, str]:
    return {
        "name": canary("Ragnhild"),
        "title": canary("Rum"),
        "message": canary("Ord"),
        "topic": canary("Ämne"),
        "password": secrets.token_hex(12),
    }


@contextmanager
def city_of(canaries: dict[str, str], *plants: str) -> Iterator[City]:
    """A city in which one person has the canary's name; with `plants` its relay and LiveKit leak."""
    folder = Path(tempfile.mkdtemp(prefix="samrum-canary-"))
    directory = json.loads(people.directory_file())
    directory["people"][0]["name"] = canaries["name"]
    directory["people"][0]["hash"] = PasswordHasher().hash(canaries["password"])
    (folder / "data" / "home").mkdir(parents=True)
    (folder / "data" / "home" / "city.json").write_text(json.dumps(directory))
    wrapper = [sys.executable, str(PLANT), ",".join(plants), str(folder / "told.json")] if plants else None
    process = launch.start(folder, launch.free_base(), wrapper=wrapper)
    try:
        city = launch.wait_ready(folder, process)
        city.ready["logins"][0] |= {"name": canaries["name"], "password": canaries["password"]}
        yield city
    finally:
        launch.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


async def journey(city: City, canaries: dict[str, str]) -> None:
    """The person makes a room, writes and sends a file; a colleague answers with the same words."""
    one, two = city.ready["logins"][:2]
    async with Device(city.ready, one) as a, Device(city.ready, two) as b:
        room = await a.create(Kind.GROUP, canaries["title"], await a.find(two["name"]))
        await a.ask("PATCH", f"/rooms/{room}", ChangeRoom(topic=canaries["topic"]), want=Changed)
        await a.ask("PUT", "/settings", Settings(status=canaries["topic"]), want=type(None))
        await a.send(room, canaries["message"])
        await b.refresh()
        author, text = await b.receive(room)
        assert (b.names[author], text, b.titles[room]) == (canaries["name"], canaries["message"], canaries["title"])
        await b.send(room, f"{canaries['name']}: {canaries['message']}")
        data = 50_000 * canaries["message"].encode()
        await a.attach(room, f"{canaries['title']}.txt", data)
        _, said = await b.received(room)
        assert [(file.n, await b.fetch(file)) for file in said.o] == [(f"{canaries['title']}.txt", data)]
        assert sum(path.stat().st_size for path in city.data("store").iterdir()) > len(data)


async def journey_in_browsers(city: City, canaries: dict[str, str]) -> None:
    """The same by two real browsers, with a meeting."""
    ready = city.folder / "canary.json"
    ready.write_text(json.dumps(city.ready))
    env = {**os.environ, "SAMRUM_READY": str(ready), "SAMRUM_CANARY": json.dumps(canaries)}
    node = await asyncio.create_subprocess_exec("node", "web/e2e/city/journey.mjs", cwd=ROOT, env=env)
    async with asyncio.timeout(120):
        assert await node.wait() == 0


def leaks(city: City, canaries: dict[str, str]) -> list[Finding]:
    """Everything found outside home."""
    needles = search.needles_for(*canaries.values())
    found = [
        *search.in_folder("relay's data", city.data("relay"), needles),
        *search.in_folder("store", city.data("store"), needles),
    ]
    for log in ("relay", "livekit"):
        file = city.data("logs") / f"{log}.log"
        if file.exists():
            found += [
                Finding(f"{log}'s log", file.name, *about) for about in search.in_bytes(file.read_bytes(), needles)
            ]
    for zone, pid in city.pids().items():
        if zone != "home":
            found += search.in_memory(f"{zone}'s memory", pid, needles)
    return found


@pytest.mark.parametrize("go", [journey, journey_in_browsers])
async def test_nobody_but_home_holds_names_titles_or_words(
    go: Callable[[City, dict[str, str]], Awaitable[None]],
) -> None:
    canaries = texts()
    with city_of(canaries) as city:
        await go(city, canaries)
        assert leaks(city, canaries) == []
        at_home = {f.text for f in search.in_folder("home", city.data("home"), search.needles_for(*canaries.values()))}
        kept = ["name", "title"] if go is journey_in_browsers else ["name", "title", "topic"]
        assert {canaries[what] for what in kept} <= at_home
        assert canaries["password"] not in at_home


async def test_a_leak_into_any_sink_is_found() -> None:
    canaries, plants = texts(), ["db", "log", "memory", "object", "livekit_log"]
    with city_of(canaries, *plants) as city:
        await journey(city, canaries)
        told = city.folder / "told.json"
        told.with_suffix(".new").write_text(json.dumps(canaries, ensure_ascii=False))
        told.with_suffix(".new").rename(told)
        await hold_in_livekit(city, canaries["name"])
        async with asyncio.timeout(15):
            while not all(told.with_name(f"told.json.{plant}").exists() for plant in plants):
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)  # the launcher still has to write what LiveKit's wrapper said
        found = {(f.sink, f.text, f.encoding) for f in leaks(city, canaries)}
        assert ("relay's data", canaries["name"], "NFC utf-8 hex") in found
        assert ("relay's log", canaries["name"], "NFD utf-8") in found
        assert ("relay's memory", canaries["title"], "NFC utf-16-le") in found
        assert ("store", canaries["message"], "NFC utf-8 b64encode+1") in found
        assert ("livekit's log", canaries["message"], "NFC utf-8") in found
        assert ("livekit's memory", canaries["name"], "NFC utf-8") in found


async def hold_in_livekit(city: City, name: str) -> None:
    """Gives LiveKit a room whose metadata is the name, as a careless relay would."""
    key, secret = (part.strip() for part in (city.data("relay") / "livekit.keys").read_text().split(":"))
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            city.ready["livekit"].replace("ws:", "http:") + "/twirp/livekit.RoomService/CreateRoom",
            json={"name": "planted", "metadata": name},
            headers={"Authorization": "Bearer " + token(key, secret, expired=False, grant={"roomCreate": True})},
        )
        assert answer.status_code == 200, answer.text


def test_every_spelling_is_found_wherever_it_stands() -> None:
    text = "Åsa Nordström"
    for spelling, (_, encoding) in search.needles_for(text).items():
        assert list(search.in_bytes(b"\x07" + spelling + b"\x07", {spelling: (text, encoding)}))
    import base64

    raw = text.encode()
    for offset in range(3):
        data = base64.b64encode(b"z" * offset + raw + b"tail")
        names = [about[1] for about in search.in_bytes(data, search.needles_for(text))]
        assert f"NFC utf-8 b64encode+{offset}" in names
