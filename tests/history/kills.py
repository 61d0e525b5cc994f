"""Kills relay again and again under load, and hands out the history. The short test and the soak run the same code."""

import asyncio
import contextlib
import random
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import httpx

from samrum.wire.statements import MemberEntry, Role
from tests.history.checker import Event, Killed
from tests.history.outbox import Sender
from tests.history.processes import Nursery
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, Room

DEVICES = 6
ROOMS = 3
RATE = 80.0
"""Messages that a device writes in a second, while relay lets it."""
FINISH_SECONDS = 20.0
"""How long the end may take; what is then still owed or unread is for the checker to name."""
HAND_OVER_SECONDS = 60.0
SAYS_EVERY = 50
"""Kills between two lines of progress."""


@dataclass
class Kills:
    """One run: devices that write and read, home that changes who is in a room and under which key, and the killer."""

    nursery: Nursery
    relay: RelayProcess
    authority: Authority
    seed: int
    events: list[Event] = field(default_factory=list)
    senders: list[Sender] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    kills: int = 0
    changes: int = 0

    async def run(self, kills: int) -> None:
        """Returns when relay was killed so many times and everything is sent and read; relay is stopped then."""
        chance = random.Random(self.seed)
        devices = [Device(self.authority) for _ in range(DEVICES - 1)]
        devices.append(Device(self.authority, devices[0].pid))  # somebody has two devices
        people = list(dict.fromkeys(device.pid for device in devices))
        self.rooms = [self.authority.room(*people) for _ in range(ROOMS)]
        self.nursery.start()
        home = _Home(self, chance)
        for room in self.rooms:
            await home.hand_over(room)
        self.senders = [
            Sender(device, self.rooms, self.events, window=(1, 8)[number % 2], rate=RATE)
            for number, device in enumerate(devices)
        ]
        begun = time.monotonic()
        url = self.relay.stream
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(sender.run(url)) for sender in self.senders]
            changing = group.create_task(home.change_for_ever())
            while self.kills < kills:
                await self._until_killed(chance)
                if self.kills % SAYS_EVERY == 0:
                    self._say(kills, time.monotonic() - begun)
            changing.cancel()
            await home.finish()
            await leave(self.senders, running)
        await home.close()
        self.nursery.kill(signal.SIGTERM)

    async def _until_killed(self, chance: random.Random) -> None:
        """Lets relay work until something was acknowledged and a little longer, mostly; else kills it while it starts."""
        if chance.random() < 0.9:
            before = self._acknowledged()
            await until(lambda: self._acknowledged() > before, 10)
            await asyncio.sleep(chance.expovariate(1 / 0.08))
        else:
            await asyncio.sleep(chance.uniform(0, 0.15))
        self.nursery.kill()
        self.events.append(Killed())
        self.kills += 1
        self.nursery.start()

    def _acknowledged(self) -> int:
        return sum(sender.acknowledged for sender in self.senders)

    def _say(self, kills: int, seconds: float) -> None:
        refused: dict[str, int] = {}
        for sender in self.senders:
            for code, number in sender.refusals.items():
                refused[code] = refused.get(code, 0) + number
        sys.stdout.write(
            f"{self.kills} of {kills} kills, {self._acknowledged()} messages acknowledged, "
            f"{self.changes} rosters, refused {refused}, {seconds:.0f} s\n"
        )
        sys.stdout.flush()


class _Home:
    """Home's part: a new key, or somebody out and in again; handed over until relay has it."""

    def __init__(self, run: Kills, chance: random.Random) -> None:
        self._run, self._chance = run, chance
        self._door = HomeDoor(run.relay, run.authority)
        self._lock = asyncio.Lock()

    async def hand_over(self, room: Room) -> None:
        """All rosters that relay lacks, in order, as home's outbox does."""
        async with self._lock, asyncio.timeout(HAND_OVER_SECONDS):
            for statement in room.rosters[-2:]:
                while True:
                    with contextlib.suppress(httpx.TransportError, AssertionError):
                        await self._door.roster(statement)
                        break
                    await asyncio.sleep(0.02)

    async def change_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / 0.4))
            room = self._chance.choice(self._run.rooms)
            pid = self._chance.choice([sender.device.pid for sender in self._run.senders])
            if self._chance.random() < 0.5:
                await self._change(room, new_epoch=True)
            elif pid in room.state.members and len(room.state.members) > 2:
                await self._change(room, remove=[pid], new_epoch=True)
            else:
                await self._back(room)

    async def finish(self) -> None:
        """Everybody is in every room again."""
        for room in self._run.rooms:
            await self._back(room)

    async def close(self) -> None:
        await self._door.http.aclose()

    async def _back(self, room: Room) -> None:
        missing = {sender.device.pid for sender in self._run.senders} - room.state.members.keys()
        if missing:
            await self._change(room, add=[MemberEntry(pid=pid, role=Role.MEMBER) for pid in sorted(missing)])

    async def _change(self, room: Room, **changes: object) -> None:
        self._run.authority.change(room, **changes)
        self._run.changes += 1
        await asyncio.shield(self.hand_over(room))


async def leave(senders: Sequence[Sender], running: Collection[asyncio.Task[None]]) -> None:
    """Nobody writes any more; when all is sent everybody reads to the end, and it is over."""
    for sender in senders:
        sender.done = True
    await until(lambda: not any(sender.owed for sender in senders), FINISH_SECONDS)
    for sender in senders:
        sender.leaving = True
    await asyncio.wait(running, timeout=FINISH_SECONDS)
    for task in running:
        task.cancel()


async def until(holds: Callable[[], bool], seconds: float) -> None:
    """Waits until it holds, or so long: a relay that stops answering is for the checker to name."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.005)
