"""`python -m bench.stream [--quick]`: the whole measurement, from compiling to the table."""

import argparse
import json
import resource
import sys
from collections.abc import Callable
from contextlib import ExitStack

from bench.stream import plan, proc
from bench.stream.contender import Contender
from bench.stream.floor import Floor
from bench.stream.plan import Load, Session, Table
from bench.stream.samrum import Samrum

IDLE_ROOM = 200
"""The size of the room that a silent client is in."""


def say(text: str) -> None:
    """Progress: beside the result, which alone goes to standard output."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def rounds(
    table: Table, kinds: list[Callable[[], Contender]], loads: list[Load], *, clients: int, count: int, seconds: float
) -> None:
    """Interleaved rounds of all servers, A B A B …, each turn in the opposite order."""
    with ExitStack() as stack:
        sessions = []
        for kind in kinds:
            server = kind()
            stack.callback(server.stop)
            say(f"{server.name}: starting, {clients} clients")
            sessions.append(Session(server, clients, [load.size for load in loads]))
        for session in sessions:  # caches fill, buffers grow: this round does not count
            session.run(loads[0], min(seconds, 1))
        for load in loads:
            for turn in range(count):
                for session in sessions if turn % 2 == 0 else reversed(sessions):
                    found = session.run(load, seconds)
                    table.rounds[session.server.name, load].append(found)
                    say(
                        f"room of {load.size}, round {turn + 1} of {count}: {session.server.name:10}"
                        f" {found.cpu_us:7.2f} us a delivery, p95 {found.percentiles['p95']:8.1f} ms"
                    )
        for session in sessions:
            session.close()


def quick(*, clients: int, count: int, seconds: float, silent: int) -> None:
    """Relay and the floor in the largest room; ends with one line of JSON."""
    table, load = Table(), Load(clients, 20)
    rounds(table, [Samrum, Floor], [load], clients=clients, count=count, seconds=seconds)
    found = plan.idle(Samrum(), silent, min(IDLE_ROOM, silent))
    say(f"idle: {found['pss_kb']} KiB a connection of {silent}; load of the machine {proc.load():.1f}")
    cpu = {name: round(table.median(name, load, lambda one: one.cpu_us) or 0, 2) for name in ("samrum", "floor")}
    sys.stdout.write(json.dumps({"cpu_us_per_delivery": cpu, "idle_kb": found["pss_kb"]}) + "\n")


def main() -> None:
    """Reads the arguments and measures."""
    parser = argparse.ArgumentParser(prog="bench.stream")
    parser.add_argument("--quick", action="store_true", help="relay and the floor alone, under 50 seconds")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of sending, a round")
    parser.add_argument("--silent", type=int, default=4000, help="idle connections")
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    quick(clients=asked.clients, count=asked.rounds, seconds=asked.seconds, silent=asked.silent)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
