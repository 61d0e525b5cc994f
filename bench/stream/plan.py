"""What is measured, and one round of it."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.stream import proc
from bench.stream.contender import Client, Contender, Unfair
from bench.stream.native import Driven, Post, drive

LONGEST: float = 120
"""Seconds that a server gets to deliver a round, however far it falls behind."""
SETTLE: float = 0.3
"""Seconds after the last delivery that still count as the round's work: a checkpoint, a late acknowledgement."""


@dataclass(frozen=True, slots=True)
class Load:
    """Everybody is in one room of this size; so many messages a second, all rooms together, by everybody in turn."""

    size: int
    rate: int


REST: float = 2
"""Seconds in which a server comes to rest."""
LAST = 50
"""Messages that somebody who comes back asks for."""

LOADS = (Load(1000, 20), Load(200, 100), Load(20, 200))
"""The first two deliver 20,000 messages a second, the last 4,000."""


@dataclass(slots=True)
class Round:
    """One round of one server."""

    deliveries: int
    cpu_us: float
    """Of the server's processes, a delivery."""
    percentiles: dict[str, float]
    """Latency in ms: p50, p95, p99."""
    late: float
    """Seconds from the last message's due time to its last delivery: how far the server fell behind."""


@dataclass(slots=True)
class Found:
    """All that was measured, by server; and what does not count, with the reason."""

    rounds: dict[tuple[str, Load], list[Round]] = field(default_factory=lambda: defaultdict(list))
    idle: dict[str, dict[str, float]] = field(default_factory=dict)
    rejoins: dict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))
    void: list[str] = field(default_factory=list)

    def median(self, name: str, load: Load, what: Callable[[Round], float]) -> float | None:
        """The median over a server's rounds."""
        rounds = self.rounds.get((name, load))
        return statistics.median(what(one) for one in rounds) if rounds else None

    def rejoin(self, name: str) -> float | None:
        """The median of ms of CPU for a client that comes back."""
        found = self.rejoins.get(name)
        return statistics.median(one["cpu_ms"] for one in found) if found else None


class Session:
    """A server with everybody connected."""

    def __init__(self, server: Contender, clients: int, sizes: list[int]) -> None:
        self.server = server
        self.number = 0
        server.start()
        server.found(clients, sizes)
        self.clients: list[Client] = server.connect(0, clients)

    def run(self, load: Load, seconds: float) -> Round:
        """One round; raises `Unfair` if it was not exact."""
        total = max(1, round(load.rate * seconds))
        first, self.number = self.number, self.number + total
        people = len(self.clients)
        step = max(1, people // total) | 1  # odd, so that turns meet all rooms
        who = [(first + index) * step % people for index in range(total)]
        posts = [
            Post(sender, sender // load.size, index / load.rate, self.server.frame(sender, load.size, first + index))
            for index, sender in enumerate(who)
        ]
        groups = [index // load.size for index in range(people)]
        fds = [client.sock.fileno() for client in self.clients]
        before = proc.cpu(self.server.pid)
        done = drive(fds, groups, posts, first, self.server.needle, self.server.digits_at, LONGEST)
        time.sleep(SETTLE)
        used = proc.cpu(self.server.pid) - before
        if not done.exact:
            raise Unfair(done.faults())
        return Round(done.delivered, used / done.delivered * 1e6, _percentiles(done), done.seconds - posts[-1].due)

    def close(self) -> None:
        """Ends the clients and the server; raises `Unfair` if it has stored another number than was sent."""
        try:
            stored = self.server.stored()
            if stored is not None and stored != self.number:
                raise Unfair(f"{self.number} messages were sent, {stored} are stored")
        finally:
            for client in self.clients:
                client.close()
            self.server.stop()


def _percentiles(done: Driven) -> dict[str, float]:
    """By the nearest rank, in ms."""
    found = done.latencies
    return {f"p{p}": found[min(len(found) - 1, len(found) * p // 100)] / 1000 for p in (50, 95, 99)}


def idle(server: Contender, count: int, size: int) -> dict[str, float]:
    """KiB a connection of a fresh server whose clients are authenticated, in one room of that size, and silent.

    `entry_ms`: CPU of one client's way in.
    """
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        server.found(count, [size])
        before, used = proc.memory(server.pid), proc.cpu(server.pid)
        for client in server.connect(0, count):
            stack.callback(client.close)
        entered = proc.cpu(server.pid) - used
        time.sleep(REST)
        after = proc.memory(server.pid)
    pss, rss = ((b - a) / count / 1024 for a, b in zip(before, after, strict=True))
    return {"connections": count, "pss_kb": pss, "rss_kb": rss, "entry_ms": entered / count * 1000}


def rejoin(server: Contender, count: int, size: int) -> dict[str, float]:
    """CPU in ms and seconds of the clock until so many clients, cut off at once, are back with the last messages of their room."""
    with ExitStack() as stack:
        stack.callback(server.stop)
        session = Session(server, count, [size])
        rooms = -(-count // size)
        session.run(Load(size, 20 * rooms), LAST * 1.2 / 20)
        for client in session.clients:
            client.close()
        time.sleep(REST)
        used, started = proc.cpu(server.pid), time.monotonic()
        for client in server.rejoin(0, count, size, LAST):
            stack.callback(client.close)
        took = time.monotonic() - started
        time.sleep(SETTLE)
        used = proc.cpu(server.pid) - used
    return {"clients": count, "last": LAST, "cpu_ms": used / count * 1000, "seconds": took}
