"""A whole home for a test: fresh folder, real database, real socket, a clock that the test moves, and relay's side recorded."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import argon2
import httpx
import msgspec

from samrum.home import app
from samrum.home.config import HomeConfig, KeysConfig, RelayConfig
from samrum.home.keys import folder as key_folder
from samrum.plumbing.clock import Clock
from samrum.wire import ids
from samrum.wire.ids import Pid
from tests import ports
from tests.home.client import Person
from tests.home.recorder import Recorder

ROOT = Path(__file__).parents[2]
PASSWORD = "lind-sten-7"
_CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
NAMES = ["Åsa Ek", "Bo Öberg", "Cécile Dubois", "Dag Aas", "Eva Lind", "Fia Asp", "Göran Malm", "Hanna Ström"]


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = float(int(time.time()))

    def now(self) -> float:
        return self.time


def free_port() -> int:
    """A port of ours that nobody uses."""
    return ports.free_ports(range(21520, 21598), 2)


def user(number: int) -> str:
    return f"person{number}"


def entry(number: int, **other: Any) -> dict[str, Any]:
    name = NAMES[number] if number < len(NAMES) else f"Person {number}"
    return {"user": user(number), "name": name, "department": "Kansliet", "title": "Utredare", "hash": _CHEAP} | other


def write_directory(
    config: HomeConfig, people: list[dict[str, Any]], rooms: list[dict[str, Any]] | None = None
) -> None:
    config.directory.write_bytes(msgspec.json.encode({"people": people, "rooms": rooms or []}))


def beside(folder: Path, name: str) -> Path:
    """A folder outside of another one: the second copy must not be where the database is."""
    found = folder.with_name(f"{folder.name}-{name}")
    found.mkdir(parents=True, exist_ok=True)
    return found


def make_config(folder: Path, people: int = 8, **other: Any) -> HomeConfig:
    """The configuration of a new home, its keys made and its directory written."""
    port = free_port()
    relay_port = port + 1
    (folder / "web").mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "listen": f"127.0.0.1:{port}",
        "url": f"http://localhost:{port}",
        "data": folder,
        "web": folder / "web",
        "flows": ROOT / "flows.toml",
        "tenant": ids.new_tenant(),
        "authority": "Provstad",
        "directory": folder / "city.json",
        "keys": KeysConfig(folder=folder / "keys", second_copy=beside(folder, "copy")),
        "relay": RelayConfig(http=f"http://127.0.0.1:{relay_port}", stream=f"ws://127.0.0.1:{relay_port + 1}"),
        "livekit": "ws://127.0.0.1:7880",
    }
    config = HomeConfig(**(values | other))
    key_folder.make(config, int(time.time()))
    write_directory(config, [entry(number) for number in range(people)])
    return config


def toml(values: dict[str, Any]) -> list[str]:
    return [f"{name} = {msgspec.json.encode(one).decode()}" for name, one in values.items() if one is not None]


def write_toml(config: HomeConfig) -> Path:
    """The configuration as a file."""
    values = msgspec.to_builtins(config, enc_hook=str)
    tables = {name: values.pop(name) for name in ("relay", "keys")}
    if token := tables["keys"].pop("pkcs11"):
        tables["keys.pkcs11"] = token
    lines = toml(values)
    for name, table in tables.items():
        lines += [f"[{name}]", *toml(table)]
    (config.data / "home.toml").write_text("\n".join(lines))
    return config.data / "home.toml"


def recorder_of(config: HomeConfig) -> Recorder:
    key = key_folder.KeyFolder(config.keys, config.tenant).signer.public()
    return Recorder(config.tenant, key, int(config.relay.http.rpartition(":")[2]))


@dataclass
class Running:
    """A running home and how to get in."""

    config: HomeConfig
    clock: Any
    relay: Recorder
    people: list[Person] = field(default_factory=list)

    def person(self, number: int) -> Person:
        """A fresh browser profile of a person, outside the door."""
        person = Person(self.config.url, self.clock.now, user(number), PASSWORD)
        self.people.append(person)
        return person

    async def enter(self, *numbers: int) -> list[Person]:
        """Profiles that are signed in and started."""
        return [await self.person(number).enter() for number in numbers]

    async def pids(self, asker: Person, *numbers: int) -> list[Pid]:
        """Pseudonyms of people who need not be signed in."""
        from samrum.wire.home_api import People

        found = []
        for number in numbers:
            answer = await asker.ask("GET", f"/people?{httpx.QueryParams({'q': entry(number)['name']})}", want=People)
            found += [one.pid for one in answer.people if one.name == entry(number)["name"]][:1]
        return found


@contextlib.asynccontextmanager
async def running(
    config: HomeConfig, clock: Clock | None = None, relay: Recorder | None = None
) -> AsyncIterator[Running]:
    """Runs home until the block ends; with `relay` given it is the caller's, who also starts it."""
    clock, stop, handlers = clock or FakeClock(), asyncio.Event(), logging.root.handlers[:]
    async with contextlib.AsyncExitStack() as stack:
        relay = relay or await stack.enter_async_context(recorder_of(config))
        task = asyncio.create_task(app.main(config, stop, clock=clock, ledger_seconds=0.1))
        home = Running(config, clock, relay)
        try:
            await _ready(config.url, task)
            yield home
        finally:
            for person in home.people:
                await person.close()
            stop.set()
            await task
            logging.root.handlers[:] = handlers


async def _ready(url: str, task: "asyncio.Task[None]") -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(200):
            if task.done():
                await task
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(url + "/health")).status_code == 200:
                    return
            await asyncio.sleep(0.02)
    raise AssertionError("home does not answer")


async def until(check: Any, seconds: float = 5) -> None:
    """Waits until `check()` is true."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.01)
