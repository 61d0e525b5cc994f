"""The floor: what sending alone costs (floor.c)."""

import os
import secrets
import struct
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress

from bench.stream.contender import SIZE, Client, Contender, Unfair, digits, free_port, masked
from bench.stream.native import compiled

MOST_ROOMS = 1 << 12
"""Of one size: a room's number says which size it is of."""


class Floor(Contender):
    """The C program."""

    name = "floor"

    def __init__(self) -> None:
        self.needle = secrets.token_bytes(20)
        self.digits_at = len(self.needle)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._sizes: list[int] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen([compiled("floor.c"), str(self._port)], env={"PATH": os.defpath})
        for _ in range(100):
            with suppress(ConnectionRefusedError):
                Client(self._port).close()
                return
            time.sleep(0.02)
        raise Unfair("the floor does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def found(self, clients: int, sizes: Iterable[int]) -> None:
        self._sizes = list(sizes)

    def connect(self, first: int, count: int) -> list[Client]:
        made = []
        for index in range(first, first + count):
            client = Client(self._port)
            rooms = [self._room(index, size) for size in self._sizes]
            client.send(struct.pack(f"={1 + len(rooms)}I", len(rooms), *rooms))
            made.append(client)
        time.sleep(0.1)  # it answers nothing
        return made

    def frame(self, client: int, size: int, number: int) -> bytes:
        payload = struct.pack("=I", self._room(client, size)) + self.needle + digits(number)
        return masked(payload + secrets.token_bytes(SIZE - len(payload)))

    def rejoin(self, first: int, count: int, size: int, last: int) -> list[Client]:
        raise NotImplementedError  # it has no history

    def stored(self) -> int | None:
        return None

    def _room(self, client: int, size: int) -> int:
        return self._sizes.index(size) * MOST_ROOMS + client // size
