"""Sign-ins at home: 10,000 of them in ten minutes on one core, as on a Monday morning in a city. `make bench-signin`.

Home is the product's own process, bound to one processor, its database on disk with `synchronous=FULL`. Everything that a browser
asks for at a sign-in goes over HTTP, proven by a device key of its own: session, start (certificate, grant, chains, leased keys), the
keys and media bases of 20 rooms, the list of devices, what changed, and a fresh grant. Arrivals are by chance (Poisson), and time
counts from the moment at which a request was due, so that a home that falls behind shows it.

Left out is checking the password, which is slow on purpose (argon2id, 64 MiB) and bounded by itself: the sessions that it would open are
written by home's own code, with the people and the rooms, before home starts. Relay is a stand-in that takes everything.

Prints one line for the table of docs/performance.md and one of JSON, which also goes to build/bench-signin.json. Fails where the key
reply's p95 is over 150 ms, a sign-in failed, or home is not done a few seconds after the last one arrived. QUICK=1: half a minute.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from samrum.home import app
from samrum.home.config import HomeConfig, RelayConfig
from samrum.home.directory import outside as directory
from samrum.home.login import tables as sessions
from samrum.home.login.door import COOKIE, LONGEST_SECONDS, session_hash
from samrum.home.people import tables as people
from samrum.plumbing.clock import SystemClock
from samrum.plumbing.log import setup
from samrum.plumbing.transactions import Tx
from samrum.wire import home_api, ids
from samrum.wire.home_api import NewRoom
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Kind
from tests.home.client import Person
from tests.home.running import make_config, write_toml

ROOT = Path(__file__).parents[1]
HOME, RELAY = 21490, 21491
ROOMS = 20
"""Rooms of each person, and members of each room."""
LIMIT_MS = 150.0
PER_SECOND = 10_000 / 600
LATE_SECONDS = 5.0


@dataclass(frozen=True)
class Size:
    """How much of it."""

    people: int
    seconds: float


@dataclass(frozen=True)
class Ticket:
    """One sign-in that is about to happen: the cookie of a session without a device."""

    pid: Pid
    cookie: str
    rooms: list[RoomId]


async def found(config: HomeConfig, size: Size, count: int) -> list[Ticket]:
    """A home with people and rooms that relay has heard of, and sessions that wait for their devices."""
    clock = SystemClock()
    home = await app.build(config, clock=clock, log=setup("home"))
    try:
        await home.takeover.people(directory.read(config.directory))
        pids = await home.db.read(lambda tx: [one.pid for one in people.everybody(tx)])
        rooms_of: dict[Pid, list[RoomId]] = defaultdict(list)
        for number in range(size.people):
            room = ids.new_room()
            members = [pids[(number + step * step) % size.people] for step in range(ROOMS)]
            members = list(dict.fromkeys(members))
            new = NewRoom(room=room, kind=Kind.GROUP, members=members[1:], title=f"Room {number}")
            await home.rooms.found(members[0], new)
            for pid in members:
                rooms_of[pid].append(room)
        now = int(clock.now())
        tickets = [
            Ticket(pid, secrets.token_urlsafe(32), rooms_of[pid]) for pid in (pids[n % len(pids)] for n in range(count))
        ]

        def write(tx: Tx) -> None:
            tx.exec_driver_sql("UPDATE room SET delivered = version")
            tx.exec_driver_sql("DELETE FROM outbox")
            for one in tickets:
                sessions.add(tx, session_hash(one.cookie), one.pid, now, now + LONGEST_SECONDS)

        await home.db.write(write)
    finally:
        await home.close()
    return tickets


async def take_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Relay's stand-in."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((line for line in head.split("\r\n") if line.startswith("content-length:")), ":0")
            await reader.readexactly(int(length.partition(":")[2]))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    writer.close()


@contextlib.asynccontextmanager
async def running(config: HomeConfig) -> AsyncIterator[int]:
    """Home's process on the first processor, this one on the others; its pid."""
    cores = sorted(os.sched_getaffinity(0))
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "samrum", "home", "run", "--config", str(write_toml(config))]
    with (config.data / "home.log").open("wb") as log:
        process = subprocess.Popen(["taskset", "-c", str(cores[0]), *command], stdout=log, stderr=log, env=env)
    os.sched_setaffinity(0, cores[1:] or cores)
    server = await asyncio.start_server(take_all, "127.0.0.1", RELAY)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", HOME)
                writer.close()
                break
            await asyncio.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)
        server.close()
        await asyncio.sleep(0.2)  # for home's connections to end


class Measured:
    """What the sign-ins took, in ms by request, and how many failed."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.times: dict[str, list[float]] = defaultdict(list)
        self.whole: list[float] = []
        self.failed: list[str] = []

    async def sign_in(self, ticket: Ticket, due: float) -> None:
        """One sign-in, `due` at that moment of the loop's clock."""
        loop = asyncio.get_running_loop()
        person = Person(f"http://localhost:{HOME}", time.time, "", "", self.http)
        person.cookie = f"{COOKIE}={ticket.cookie}"
        since = due

        def took(what: str) -> None:
            nonlocal since
            self.times[what].append((loop.time() - since) * 1000)
            since = loop.time()

        try:
            await person.ask("GET", "/session", want=home_api.Session)
            took("session")
            started = await person.start(label="Edge, Windows")
            took("start")
            keys = await person.keys(*((room, 1) for room in ticket.rooms), media=ticket.rooms)
            took("keys")
            if (len(keys.keys), len(keys.media), keys.refused) != (len(ticket.rooms), 2 * len(ticket.rooms), []):
                self.failed.append("keys")
            await person.ask("GET", "/devices", want=home_api.Devices)
            took("devices")
            await person.since(started.cursor)
            took("since")
            await person.ask("POST", "/grant", {}, want=home_api.Renewed, proof=True)
            took("grant")
            self.whole.append((loop.time() - due) * 1000)
        except Exception as error:  # noqa: BLE001  whatever it is, that sign-in failed
            self.failed.append(f"{type(error).__name__} {error}")


def cpu_seconds(pid: int) -> float:
    """What a process has used of its processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(size: Size, folder: Path) -> dict[str, Any]:
    """The figures of one run."""
    relay = RelayConfig(http=f"http://127.0.0.1:{RELAY}", stream=f"ws://127.0.0.1:{RELAY + 1}")
    config = make_config(folder, size.people, listen=f"127.0.0.1:{HOME}", url=f"http://localhost:{HOME}", relay=relay)
    count = round(size.seconds * PER_SECOND)
    with (folder / "founding.log").open("w") as log:  # open to the end: the log of this process stays bound to it
        with contextlib.redirect_stderr(log):
            tickets = await found(config, size, count)
        return await load(config, size, tickets)


async def load(config: HomeConfig, size: Size, tickets: list[Ticket]) -> dict[str, Any]:
    """Home under the sign-ins of all tickets."""
    chance, count = random.Random(1), len(tickets)
    connections = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    async with running(config) as pid, httpx.AsyncClient(trust_env=False, timeout=30, limits=connections) as http:
        loop, measured = asyncio.get_running_loop(), Measured(http)
        used, start = cpu_seconds(pid), loop.time() + 1
        due = start
        async with asyncio.TaskGroup() as group:
            for ticket in tickets:
                due += chance.expovariate(PER_SECOND)
                await asyncio.sleep(max(0.0, due - loop.time()))
                group.create_task(measured.sign_in(ticket, due))
            arrived = loop.time()
        ended = loop.time()
        used = cpu_seconds(pid) - used
    keys = statistics.quantiles(measured.times["keys"], n=100)
    return {
        "bench": "sign-ins at home, one core",
        "sign_ins": count,
        "failed": len(measured.failed),
        "reasons": sorted(set(measured.failed))[:5],
        "seconds": round(ended - start, 1),
        "late_s": round(ended - arrived, 1),
        "people": size.people,
        "rooms_each": ROOMS,
        "keys_ms": {"p50": round(keys[49], 1), "p95": round(keys[94], 1), "p99": round(keys[98], 1)},
        "p95_ms": {what: round(statistics.quantiles(one, n=100)[94], 1) for what, one in measured.times.items()},
        "whole_p95_ms": round(statistics.quantiles(measured.whole, n=100)[94], 1),
        "home_core": round(used / (ended - start), 2),
        "home_cpu_ms_a_sign_in": round(used / count * 1000, 1),
        "driver_core": round(resource.getrusage(resource.RUSAGE_SELF).ru_utime / (ended - start), 2),
    }


def main() -> int:
    """Prints the line of the table and the JSON; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    size = Size(people=200, seconds=20) if parser.parse_args().quick else Size(people=2500, seconds=600)
    with tempfile.TemporaryDirectory(prefix="samrum-signin-") as folder:
        found = asyncio.run(measure(size, Path(folder) / "home"))
    keys = found["keys_ms"]
    good = not found["failed"] and keys["p95"] <= LIMIT_MS and found["late_s"] <= LATE_SECONDS
    found["good"] = good
    line = f"| sign-ins at home, one core | {found['sign_ins']} in {found['seconds']} s | keys p50 {keys['p50']}, p95 {keys['p95']},"
    line += f" p99 {keys['p99']} ms (limit {LIMIT_MS:.0f}) | {found['home_core'] * 100:.0f} % of a core |"
    sys.stdout.write(f"{line}\n{json.dumps(found)}\n")
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench-signin.json").write_text(json.dumps(found) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
