"""What is measured, and one round of it."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
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
class Table:
    """All rounds, by server and load; and those that do not count, with the reason."""

    rounds: dict[tuple[str, Load], list[Round]] = field(default_factory=lambda: defaultdict(list))
    void: list[str] = field(default_factory=list)

    def median(self, name: str, load: Load, what: Callable[[Round], float]) -> float | None:
        """The median over a server's rounds."""
        rounds = self.rounds.get((name, load))
        return statistics.median(what(one) for one in rounds) if rounds else None


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
    """KiB a connection of a fresh server whose clients are authenticated, in one room of that size, and silent."""
    clients: list[Client] = []
    try:
        server.start()
        server.found(count, [size])
        before = proc.memory(server.pid)
        used = proc.cpu(server.pid)
        clients = server.connect(0, count)
        entered = proc.cpu(server.pid) - used
        time.sleep(2)
        after = proc.memory(server.pid)
    finally:
        for client in clients:
            client.close()
        server.stop()
    pss, rss = ((b - a) / count / 1024 for a, b in zip(before, after, strict=True))
    return {"connections": count, "pss_kb": round(pss, 2), "rss_kb": round(rss, 2), "entry_ms": entered / count * 1000}
