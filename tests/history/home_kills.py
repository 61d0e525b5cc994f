"""Kills home, and relay too, while people change who is in their rooms. The short test and the soak run the same code."""

import asyncio
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec

from samrum.home.config import HomeConfig, RelayConfig
from samrum.wire import ids
from samrum.wire.home_api import Changed, HomeHealth
from samrum.wire.ids import Pid, RoomId
from tests.history.kills import SAYS_EVERY, until
from tests.history.processes import Nursery, free_ports, told
from tests.history.rosters import Answer
from tests.history.small_disk import SmallDisk
from tests.home.client import Person, Refused
from tests.home.running import PASSWORD, make_config, recorder_of, user, write_toml
from tests.relay.client import RelayProcess

ACTORS = 3
OTHERS = 3
ROOMS_EACH = 3
RELAY_DIES = 0.3
"""Of all kills; the rest hits home."""


class Pair:
    """A home and its relay, each in a nursery."""

    def __init__(self, folder: Path, disk: SmallDisk | None = None) -> None:
        """With `disk`, home's database is there."""
        port = free_ports()
        self.config: HomeConfig = make_config(
            folder,
            data=disk.folder if disk else folder,
            listen=f"127.0.0.1:{port}",
            url=f"http://localhost:{port}",
            relay=RelayConfig(http=f"http://127.0.0.1:{port + 1}", stream=f"ws://127.0.0.1:{port + 2}"),
            livekit=None,
        )
        operator = folder / "operator"
        operator.mkdir()
        self.relay = RelayProcess(operator, port + 1, _Registered(self.config))
        toml = write_toml(self.config).rename(folder / "home.toml")
        self.home_nursery = Nursery("home", toml, disk.wrapper if disk else ())
        self.relay_nursery = Nursery("relay", operator / "relay.toml")

    def close(self) -> None:
        """Ends both."""
        self.home_nursery.close()
        self.relay_nursery.close()

    def person(self, number: int) -> Person:
        """A browser profile."""
        return Person(self.config.url, time.time, user(number), PASSWORD)

    async def outbox_empty(self, seconds: float) -> bool:
        """Whether home owes relay nothing any more, within so long."""
        async with httpx.AsyncClient(trust_env=False) as http:
            for _ in range(int(seconds * 10)):
                try:
                    answer = await http.get(self.config.url + "/health")
                except httpx.TransportError:
                    pass
                else:
                    if msgspec.json.decode(answer.content, type=HomeHealth).outbox == 0:
                        return True
                await asyncio.sleep(0.1)
        return False

    def kept(self, database: Path | None = None) -> dict[str, list[str]]:
        """Home's chains, from its database or a copy."""
        return _chains(
            told(database or self.config.data / "home.db", "SELECT room, jws FROM roster ORDER BY room, version")
        )

    def applied(self) -> dict[str, list[str]]:
        """Relay's chains."""
        return _chains(told(self.relay.database, "SELECT room, jws FROM rosters ORDER BY room, version"))


class _Registered:
    """What relay's operator got from this authority."""

    def __init__(self, config: HomeConfig) -> None:
        self._key = recorder_of(config).key
        self._config = config

    def registration(self) -> dict[str, object]:
        keys = [msgspec.to_builtins(self._key)]
        return {"tenant": self._config.tenant, "keys": keys, "origins": [self._config.url]}


def _chains(rows: list[tuple[object, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for room, statement in rows:
        found.setdefault(str(room), []).append(str(statement))
    return found


@dataclass
class HomeKills:
    """One run: people who change rooms and repeat until answered, and the killer."""

    pair: Pair
    seed: int
    answers: list[Answer] = field(default_factory=list)
    keys: dict[RoomId, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    done: bool = False

    async def run(self, kills: int) -> None:
        """Returns when so many kills have been, all is answered, and relay has what home owes."""
        chance = random.Random(self.seed)
        pair, begun = self.pair, time.monotonic()
        pair.relay_nursery.start()
        pair.home_nursery.start()
        actors = [pair.person(number) for number in range(ACTORS)]
        for actor in actors:
            await entered(actor)
        others = [pair.person(ACTORS + number) for number in range(OTHERS)]
        for other in others:
            await entered(other)
        pids = [other.pid for other in others]
        async with asyncio.TaskGroup() as group:
            for number, actor in enumerate(actors):
                group.create_task(self._act(actor, pids, random.Random(self.seed + number)))
            while self.kills < kills:
                before = len(self.answers)
                if chance.random() < 0.9:
                    await until(lambda: len(self.answers) > before, 10)  # noqa: B023  awaited at once
                    await asyncio.sleep(chance.expovariate(1 / 0.05))
                else:
                    await asyncio.sleep(chance.uniform(0, 0.3))
                victim = pair.relay_nursery if chance.random() < RELAY_DIES else pair.home_nursery
                victim.kill()
                self.kills += 1
                victim.start()
                if self.kills % SAYS_EVERY == 0:
                    sys.stdout.write(
                        f"{self.kills} of {kills} kills, {len(self.answers)} changes answered, "
                        f"refused {self.refusals}, {time.monotonic() - begun:.0f} s\n"
                    )
                    sys.stdout.flush()
            self.done = True
        assert await pair.outbox_empty(30)
        for actor in actors:
            await self._every_key(actor)
        for person in (*actors, *others):
            await person.close()
        pair.home_nursery.kill(signal.SIGTERM)
        pair.relay_nursery.kill(signal.SIGTERM)

    async def _act(self, me: Person, others: list[Pid], chance: random.Random) -> None:
        """One person's changes, one after the other, each repeated until home answers."""
        rooms: list[RoomId] = []
        inside: dict[RoomId, set[Pid]] = {}
        while not self.done:
            if len(rooms) < ROOMS_EACH or chance.random() < 0.05:
                room = ids.new_room()
                rooms.append(room)
                inside[room] = set()
                changed = await self._answered(
                    me, "/rooms", {"room": room, "kind": "group", "members": [], "title": "R"}
                )
                self._note(changed, me.pid, member=True)
            else:
                room, pid = chance.choice(rooms), chance.choice(others)
                member = pid not in inside[room]
                body = {"add": [{"pid": pid, "role": "member"}]} if member else {"remove": [pid]}
                changed = await self._answered(me, f"/rooms/{room}/members", body)
                inside[room] ^= {pid}
                self._note(changed, pid, member=member)

    def _note(self, changed: Changed, pid: Pid, *, member: bool) -> None:
        self.answers.append(Answer(changed.room.room, changed.room.version, pid, member))
        self.keys.update({one.room: max(one.epoch, self.keys.get(one.room, 0)) for one in changed.keys.keys})

    async def _answered(self, me: Person, path: str, body: object) -> Changed:
        while True:
            try:
                return await me.ask("POST", path, body, want=Changed, proof=True)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            except Refused as refused:
                if refused.status < 500:
                    raise
                self.refusals[refused.code] = self.refusals.get(refused.code, 0) + 1
                await asyncio.sleep(0.1)

    async def _every_key(self, me: Person) -> None:
        """Each epoch that a browser has seen can still be opened."""
        mine = await me.since(0)
        for room in mine.rooms or []:
            epochs = self.keys.get(room.room, 0)
            if epochs:
                found = await me.keys(*((room.room, epoch) for epoch in range(1, epochs + 1)))
                assert len(found.keys) == epochs, (room.room, found.refused)


async def entered(person: Person) -> None:
    """Signed in and started, once home is there."""
    for _ in range(200):
        try:
            await person.enter()
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("home does not answer")
