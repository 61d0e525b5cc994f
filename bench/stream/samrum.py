"""Relay as it is in the product: a process of its own, home's signed calls, devices that prove themselves, sealed and signed messages."""

import asyncio
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from bench.stream.contender import SIZE, Client, Contender, Unfair, digits, free_port, masked
from bench.stream.native import BUILD
from samrum.wire import envelope, ids, stream
from samrum.wire.base import Wire
from samrum.wire.envelope import MAGIC, SUITE
from tests.relay.client import ENVIRONMENT, ORIGIN, Authority, Device, HomeDoor, RelayProcess, Room

AT_ONCE = 250
"""Clients that are on their way in at a time; relay cuts the oldest of more than a thousand."""
PLAIN = bytes(SIZE - envelope.MIN_BYTES)
"""As much as makes an envelope of `SIZE` bytes."""


W = TypeVar("W", bound=Wire)


class Relay(RelayProcess):
    """Relay by its own command."""

    started = False

    def start(self) -> None:
        command = [sys.executable, "-m", "samrum.relay", "--config", str(self.base / "relay.toml")]
        self.started = True
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=ENVIRONMENT, cwd=self.base)


class Samrum(Contender):
    """A relay, its authority, and the devices."""

    name = "samrum"

    def __init__(self) -> None:
        self.authority = Authority()
        self.needle = MAGIC + bytes([SUITE]) + ids.raw(self.authority.tenant, "t")
        self.digits_at = 104  # the second half of `msg_id` (wire.envelope)
        BUILD.mkdir(parents=True, exist_ok=True)
        self._base = Path(tempfile.mkdtemp(prefix="relay-", dir=BUILD))
        port = free_port(2)
        self.process = Relay(self._base, port, self.authority)
        self._port = port + 1
        self._devices: list[Device] = []
        self._grants: list[str] = []
        self._rooms: dict[int, list[Room]] = {}

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> None:
        self.process.start()
        asyncio.run(self.process.ready())

    def stop(self) -> None:
        if self._base.exists():
            code = self.process.stop() if self.process.started else 0
            log = self.process.log.read_text() if self.process.log.exists() else ""
            shutil.rmtree(self._base)
            if code or '"level":"error"' in log:
                raise Unfair(f"relay ended with {code}: {log[-2000:]}")

    def found(self, clients: int, sizes: Iterable[int]) -> None:
        new = [Device(self.authority) for _ in range(clients)]
        self._devices += new
        self._grants += [one.grant() for one in new]
        for size in sizes:
            starts = range(0, len(self._devices), size)
            self._rooms[size] = asyncio.run(self._found([self._devices[at : at + size] for at in starts]))

    async def _found(self, groups: list[list[Device]]) -> list[Room]:
        door = HomeDoor(self.process, self.authority)
        try:
            return [await door.room(*(one.pid for one in group)) for group in groups]
        finally:
            await door.http.aclose()

    def connect(self, first: int, count: int) -> list[Client]:
        made: list[Client] = []
        for at in range(first, first + count, AT_ONCE):
            made += self._enter(range(at, min(at + AT_ONCE, first + count)))
        return made

    def _enter(self, who: range) -> list[Client]:
        """The way in, step by step for all of them."""
        clients = [Client(self._port) for _ in who]
        for client in clients:
            client.upgrade("/", f"Origin: {ORIGIN}")
        for client, index in zip(clients, who, strict=True):
            client.upgraded()
            _put(client, stream.Hello(v=1, grant=self._grants[index]))
        for client, index in zip(clients, who, strict=True):
            nonce = _get(client, stream.Nonce).nonce
            device = self._devices[index]
            said = stream.hello_bytes(self.authority.tenant, device.dev, self._grants[index], nonce, ORIGIN)
            _put(client, stream.Proof(sig=device.key.sign(said)))
        for client in clients:
            _get(client, stream.Welcome)
        return clients

    def frame(self, client: int, size: int, number: int) -> bytes:
        device, room = self._devices[client], self._rooms[size][client // size]
        msg_id = secrets.token_bytes(8) + digits(number)
        data = device.seal(room, plain=PLAIN, msg_id=msg_id)
        device.seqs[room.room] = device.seqs.get(room.room, 0) + 1
        return masked(stream.encode(stream.Send(env=data)))

    def rejoin(self, first: int, count: int, size: int, last: int) -> list[Client]:
        made: list[Client] = []
        for at in range(first, first + count, AT_ONCE):
            who = range(at, min(at + AT_ONCE, first + count))
            clients = self._enter(who)
            for client, index in zip(clients, who, strict=True):
                _put(client, stream.History(re=1, room=self._rooms[size][index // size].room, limit=last))
            for client in clients:
                if len(_get(client, stream.Page).env) != last:
                    raise Unfair("relay gave less history")
            made += clients
        return made

    def stored(self) -> int | None:
        with closing(sqlite3.connect(f"file:{self.process.database}?mode=ro", uri=True)) as database:
            found: int = database.execute("SELECT count(*) FROM messages").fetchone()[0]
            return found


def _put(client: Client, frame: Wire) -> None:
    client.send(masked(stream.encode(frame)))


def _get(client: Client, kind: type[W]) -> W:
    """The next frame of that kind; news before it are passed over, a refusal is not."""
    while True:
        frame = stream.decode(client.frame(), stream.RELAY)
        if isinstance(frame, kind):
            return frame
        if isinstance(frame, stream.Bye | stream.Error):
            raise Unfair(f"{frame.code} instead of {kind.__name__}")
