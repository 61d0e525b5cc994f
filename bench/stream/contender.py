"""What a server must offer to be measured, and a client's raw socket."""

import base64
import contextlib
import itertools
import random
import secrets
import socket
from collections.abc import Iterable
from typing import Final, Protocol

PORTS: Final = range(21000, 21100)
SIZE: Final = 600
"""Bytes of a message: Samrum's sealed envelope, and as much text for the others."""
PER_ADDRESS: Final = 8000
"""Clients of one source address: 127.0.0.0/8 has enough of them, an address only so many ports."""
SECONDS: Final = 300
"""No answer takes so long."""


class Contender(Protocol):
    """One server under measurement. Rooms come in sizes: of each size there are as many as it takes for everybody to be in one."""

    name: str
    needle: bytes
    """What every delivered message carries once (driver.c)."""
    digits_at: int
    """How far behind the needle's start its number stands."""

    @property
    def pid(self) -> int:
        """The process at the root of the server's tree."""

    def start(self) -> None:
        """Starts the server and waits until it answers."""

    def stop(self) -> None:
        """Ends its processes and forgets its data. Repeats do nothing."""

    def found(self, clients: int, sizes: Iterable[int]) -> None:
        """Makes clients that are not connected yet, and the rooms that need no client to exist."""

    def connect(self, first: int, count: int) -> "list[Client]":
        """Connects these clients, authenticates them, and brings them into their rooms."""

    def frame(self, client: int, size: int, number: int) -> bytes:
        """The bytes by which a client sends the message `number` to its room of that size. To be sent in the order of the calls."""

    def rejoin(self, first: int, count: int, size: int, last: int) -> "list[Client]":
        """As `connect`; each also gets the last messages of its room of that size. Raises `Unfair` if they did not come."""

    def stored(self) -> int | None:
        """How many messages it has stored; `None` if it stores none."""


class Unfair(Exception):
    """What was measured is not what was meant."""


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports of ours on which nobody listens."""
    starts = PORTS[:: max(count, 2)]
    for port in random.sample(starts, len(starts)):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for one in range(port, port + count):
                sock = stack.enter_context(socket.socket())
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", one))
            return port
    raise Unfair("no free port")


_dialled = itertools.count()


class Client:
    """A client's blocking socket, with just enough WebSocket for a handshake."""

    def __init__(self, port: int) -> None:
        self.sock = socket.socket()
        self.sock.settimeout(SECONDS)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.bind((f"127.0.0.{1 + next(_dialled) // PER_ADDRESS % 100}", 0))
        self.sock.connect(("127.0.0.1", port))
        self._data = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        self.sock.close()

    def more(self) -> None:
        """Waits for further bytes."""
        data = self.sock.recv(1 << 16)
        if not data:
            raise ConnectionResetError(f"the server closed after {self._data[-300:]!r}")
        self._data += data

    def until(self, *words: bytes) -> bytes:
        """All bytes up to the end of the first of these words that comes."""
        while True:
            found = [at + len(word) for word in words if (at := self._data.find(word)) >= 0]
            if found:
                data, self._data = self._data[: min(found)], self._data[min(found) :]
                return data
            self.more()

    def exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            self.more()
        data, self._data = self._data[:size], self._data[size:]
        return data

    def frame(self) -> bytes:
        """The payload of the next WebSocket frame, of whatever kind (RFC 6455 section 5.2)."""
        size = self.exactly(2)[1]
        if size == 126:
            size = int.from_bytes(self.exactly(2))
        elif size == 127:
            size = int.from_bytes(self.exactly(8))
        return self.exactly(size)

    def upgrade(self, path: str, *headers: str) -> None:
        """Asks for a WebSocket; `upgraded` reads the answer."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers, "", "",
        ]  # fmt: skip
        self.send("\r\n".join(lines).encode())

    def upgraded(self) -> None:
        """Raises `Unfair` unless the server agreed."""
        answer = self.until(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise Unfair(f"no WebSocket: {answer[:200]!r}")


def masked(payload: bytes, opcode: int = 2) -> bytes:
    """A client's WebSocket frame, in one piece and masked as it must be."""
    size = len(payload)
    head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2)
    mask = secrets.token_bytes(4)
    pad = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(size)


def digits(number: int) -> bytes:
    """A message's number as the driver reads it."""
    return b"%08d" % number
