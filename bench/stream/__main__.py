"""`python -m bench.stream [--quick]`: the whole measurement, from compiling to the table."""

import argparse
import json
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from bench.stream import plan, proc, report
from bench.stream.contender import Contender, Unfair
from bench.stream.ejabberd import Ejabberd
from bench.stream.floor import Floor
from bench.stream.native import BUILD
from bench.stream.plan import LOADS, Found, Load, Session
from bench.stream.prosody import Prosody
from bench.stream.samrum import Samrum

Kind = Callable[[], Contender]
SERVERS: dict[str, Kind] = {
    "samrum": Samrum,
    "floor": Floor,
    "ejabberd": partial(Ejabberd, web=True),
    "ejabberd TCP": partial(Ejabberd, web=False),
    "Prosody": partial(Prosody, web=True),
}
IDLE_ROOM = 200
"""The size of the room that a silent client is in."""
IDLE_OTHERS = 2000
"""Idle connections of the other servers: an entry costs them ten times as much, and a connection weighs what it weighs."""
REJOIN = 2000
REJOIN_ROOM = 1000
REJOINS = 3
PARTS = ("rounds", "rejoin", "idle")


def say(text: str) -> None:
    """Progress: beside the result, which alone goes to standard output."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def rounds(
    found: Found, kinds: dict[str, Kind], loads: list[Load], *, clients: int, count: int, seconds: float
) -> None:
    """Interleaved rounds of all servers, A B A B …, each turn in the opposite order. A server that fails drops out, and it is noted."""
    with ExitStack() as stack:
        sessions: dict[str, Session] = {}

        def attempt(name: str, what: str, run: Callable[[], None]) -> None:
            try:
                run()
            except (Unfair, OSError) as error:
                found.void.append(f"{name}, {what}: {error}")
                say(found.void[-1])
                sessions.pop(name, None)

        def begin(name: str, kind: Kind) -> None:
            server = kind()
            stack.callback(server.stop)
            say(f"{name}: starting, {clients} clients")
            session = Session(server, clients, [load.size for load in loads])
            session.run(loads[0], min(seconds, 1))  # caches fill, buffers grow: this round does not count
            sessions[name] = session

        def one(name: str, load: Load, turn: int) -> None:
            got = sessions[name].run(load, seconds)
            found.rounds[name, load].append(got)
            late = f", {got.late:.1f} s behind" if got.late > 1 else ""
            say(
                f"rooms of {load.size}, round {turn + 1} of {count}: {name:12} {got.cpu_us:7.2f} µs a delivery,"
                f" p50 {got.percentiles['p50']:.1f} p95 {got.percentiles['p95']:.1f} ms{late}"
            )

        for name, kind in kinds.items():
            attempt(name, "start", partial(begin, name, kind))
        for load in loads:
            for turn in range(count):
                for name in list(sessions) if turn % 2 == 0 else list(reversed(sessions)):
                    attempt(name, f"rooms of {load.size}", partial(one, name, load, turn))
        for name, session in list(sessions.items()):
            attempt(name, "what is stored", session.close)


def idle(found: Found, name: str, count: int) -> None:
    """What a silent connection weighs."""
    say(f"{name}: {count} idle connections")
    try:
        got = found.idle[name] = plan.idle(SERVERS[name](), count, min(IDLE_ROOM, count))
        say(f"{name}: {got['pss_kb']:.2f} KiB each, {got['entry_ms']:.2f} ms of CPU to enter")
    except (Unfair, OSError) as error:
        found.void.append(f"{name}, idle: {error}")
        say(found.void[-1])


def rejoins(found: Found, names: list[str], count: int) -> None:
    """Two thousand come back at once."""
    for turn in range(count):
        for name in names:
            if turn and name == "Prosody":
                continue  # once is long enough
            say(f"{name}: {REJOIN} clients come back, {turn + 1} of {count}")
            try:
                got = plan.rejoin(SERVERS[name](), REJOIN, REJOIN_ROOM)
                found.rejoins[name].append(got)
                say(f"{name}: {got['cpu_ms']:.2f} ms of CPU each, {got['seconds']:.1f} s until all were back")
            except (Unfair, OSError) as error:
                found.void.append(f"{name}, coming back: {error}")
                say(found.void[-1])


def quick(*, clients: int, count: int, seconds: float, silent: int) -> int:
    """Relay and the floor in the largest room; ends with one line of JSON."""
    found, load = Found(), Load(clients, 20)
    kinds = {name: SERVERS[name] for name in ("samrum", "floor")}
    rounds(found, kinds, [load], clients=clients, count=count, seconds=seconds)
    idle(found, "samrum", silent)
    cpu = {name: round(found.median(name, load, lambda one: one.cpu_us) or 0, 2) for name in kinds}
    kb = round(found.idle["samrum"]["pss_kb"], 2) if "samrum" in found.idle else 0
    say(f"load of the machine: {proc.load():.1f}")
    if not found.void:
        sys.stdout.write(json.dumps({"cpu_us_per_delivery": cpu, "idle_kb": kb}) + "\n")
    return len(found.void)


def full(*, only: list[str], parts: list[str], clients: int, count: int, seconds: float, silent: int) -> int:
    """Everything, for some twenty minutes."""
    found, before = Found(), proc.load()
    rivals = {"ejabberd": Ejabberd, "ejabberd TCP": Ejabberd, "Prosody": Prosody}
    missing = [name for name, kind in rivals.items() if name in only and not kind.installed()]
    for name in missing:
        say(f"{name} is not installed")
    names = [name for name in only if name not in missing]
    kinds = {name: SERVERS[name] for name in names}
    storing = [name for name in names if name != "floor"]
    if "rounds" in parts:
        rounds(found, kinds, list(LOADS), clients=clients, count=count, seconds=seconds)
    if "rejoin" in parts:
        rejoins(found, storing, REJOINS)
    if "idle" in parts:
        for name in storing:
            idle(found, name, silent if name == "samrum" else min(silent, IDLE_OTHERS))
    loads = (before, proc.load())
    text = report.table(found, missing, loads)
    result = BUILD.parent / "bench-stream.json"
    result.write_text(json.dumps(report.document(found, missing, loads), indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(text)
    say(f"Every round is in {result}")
    return len(found.void)


def main() -> int:
    """Reads the arguments and measures; 0 if everything counts."""
    parser = argparse.ArgumentParser(prog="bench.stream")
    parser.add_argument("--quick", action="store_true", help="relay and the floor alone, under 50 seconds")
    parser.add_argument("--only", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="of the whole measurement")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rounds", type=int, help="of each server and load")
    parser.add_argument("--seconds", type=float, help="of sending, a round")
    parser.add_argument("--silent", type=int, help="idle connections")
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers are ended on every way out
    if asked.quick:
        return quick(
            clients=asked.clients, count=asked.rounds or 3, seconds=asked.seconds or 3, silent=asked.silent or 4000
        )
    return full(
        only=asked.only,
        parts=asked.parts,
        clients=asked.clients,
        count=asked.rounds or 5,
        seconds=asked.seconds or 5,
        silent=asked.silent or 16_000,
    )


if __name__ == "__main__":
    try:
        sys.exit(1 if main() else 0)
    except KeyboardInterrupt:
        sys.exit(130)
