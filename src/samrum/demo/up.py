"""`samrum up`: founds the city, starts its zones, says where it is, and ends it on SIGINT or SIGTERM."""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console

from samrum.demo import founding, people
from samrum.demo.founding import CannotFound
from samrum.demo.places import HOST, Places, project
from samrum.demo.zones import Zone, healthy, keep

READY_SECONDS = 60
"""How long the zones may take before the launcher says what is missing. It goes on waiting: an old machine is slow."""

_console = Console(highlight=False, soft_wrap=True)


def run(*, city: str, port_base: int, data: Path, ready_file: Path | None) -> int:
    """Runs the city until a signal; returns the exit code."""
    if city != "demo":
        return _refuse(f"There is no city {city!r}; the one that exists is called demo.")
    os.umask(0o077)
    places = Places(data.resolve(), port_base)
    try:
        with _alone(places):
            _check_ports(places)
            zones = _zones(places)
            if ready_file:
                ready_file.unlink(missing_ok=True)
            founding.found(places, meetings=_has_livekit(zones))
            asyncio.run(_main(places, zones, ready_file))
    except CannotFound as error:
        return _refuse(str(error))
    except KeyboardInterrupt:  # before there was anything to stop
        return 130
    return 0


def _refuse(sentence: str) -> int:
    Console(stderr=True, highlight=False, soft_wrap=True).print(sentence, markup=False)
    return 2


@contextlib.contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Only one launcher at a time works in a data folder."""
    try:
        places.data.mkdir(parents=True, exist_ok=True)
        with (places.data / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotFound(
                    f"A city runs in {places.data} already. Stop it, or choose another folder with --data."
                ) from None
            yield
    except PermissionError as error:
        raise CannotFound(f"{error.filename} may not be written. Choose another folder with --data.") from None


def _check_ports(places: Places) -> None:
    for offset, kind in enumerate([socket.SOCK_STREAM] * 4 + [socket.SOCK_DGRAM]):
        port = places.base + offset
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                    raise
                raise CannotFound(
                    f"Port {port} is in use by another program (the city needs {places.base} to {places.base + 4}). "
                    f"Stop that program, or choose others with --port-base; `ss -lntup` shows who listens."
                ) from None


def _has_livekit(zones: list[Zone]) -> bool:
    return any(zone.name == "livekit" for zone in zones)


def _livekit() -> Path | None:
    """LiveKit's binary: in a checkout the one that `make build` made, else the one on the path."""
    root = project()
    found = shutil.which("livekit-server", path=str(root / "build") if root else None)
    return Path(found) if found else None


def _zones(places: Places) -> list[Zone]:
    def zone(name: str, folder: Path, port: int) -> Zone:
        command = [sys.executable, "-m", "samrum", name, "run", "--config", str(folder / f"{name}.toml")]
        return Zone(name, command, folder, (HOST, port, "/health"), places.logs / f"{name}.log")

    zones = [zone("relay", places.relay, places.base + 1), zone("home", places.home, places.base)]
    if binary := _livekit():
        command = [str(binary), "--config", str(places.relay / "livekit.yaml")]
        log = places.logs / "livekit.log"
        zones.insert(0, Zone("livekit", command, places.relay, (HOST, places.base + 3, "/"), log, redact=True))
    return zones


async def _main(places: Places, zones: list[Zone], ready_file: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def say(sentence: str) -> None:
        if not stop.is_set():
            _console.print(sentence, style="yellow", markup=False)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keep(zone, say)) for zone in zones]
        waiting = group.create_task(_until_ready(zones))
        stopping = group.create_task(stop.wait())
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done() and not stop.is_set():
            _announce(places, zones)
            if ready_file:
                _write_ready(ready_file, places, zones)
        await stopping
        waiting.cancel()
        for task in tasks:
            task.cancel()
    _console.print("Everything has stopped.")


async def _until_ready(zones: list[Zone]) -> None:
    """Returns when every zone is well; a line for each as it gets there."""
    started, waiting, said = time.monotonic(), list(zones), False
    while waiting:
        for zone in list(waiting):
            if await asyncio.to_thread(healthy, zone):
                waiting.remove(zone)
                host, port, _ = zone.health
                _console.print(
                    f"[green]●[/] {zone.name:<8} {host}:{port:<6} ready after {time.monotonic() - started:.1f} s"
                )
        if waiting and not said and time.monotonic() - started > READY_SECONDS:
            said = True
            _console.print(
                f"Still waiting for {', '.join(z.name for z in waiting)}; see {waiting[0].log}", markup=False
            )
        await asyncio.sleep(0.1)


def _announce(places: Places, zones: list[Zone]) -> None:
    if not _has_livekit(zones):
        _console.print(
            "[yellow]○[/] livekit  not built (needs Go 1.26 or newer, then `make build`): chat works, meetings do not"
        )
    _console.print(f"\n{founding.AUTHORITY} is open: [bold]{places.home_url}[/]\n")
    logins = people.logins()
    for login in logins[:2]:
        _console.print(f"  {login.name:<20} user name [bold]{login.user}[/]  password [bold]{login.password}[/]")
    _console.print(
        f"\n  {len(logins) - 2} more people: src/samrum/demo/city.toml. Two people at once: use two browser profiles."
    )
    _console.print("  Letters about what somebody missed lie in " + str(places.mail), markup=False)
    _console.print("  Ctrl+C stops everything; the data stay in " + str(places.data), markup=False)


def _write_ready(path: Path, places: Places, zones: list[Zone]) -> None:
    ready = {
        "home": places.home_url,
        "relay": places.relay_url,
        "livekit": places.livekit_url if _has_livekit(zones) else None,
        "logins": people.logins(),
        "data": {name: str(getattr(places, name)) for name in ("home", "relay", "store", "logs")},
    }
    new = path.with_name(path.name + ".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(ready), indent=1))
    new.replace(path)
