"""A WebSocket client that may break every rule: bytes out, frames in, over a bare socket. Nothing of relay's own stack in it."""

import asyncio
import base64
import contextlib
import os
import struct
from dataclasses import dataclass
from typing import Any, Self

from samrum.wire import stream
from samrum.wire.base import Wire
from tests.relay.client import Device

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
SECONDS = 10


@dataclass(frozen=True)
class Frame:
    """One frame as it came: opcode, FIN, reserved bits, payload."""

    opcode: int
    fin: bool
    rsv: int
    payload: bytes


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True, length: bytes | None = None
) -> bytes:
    """The bytes of a frame (RFC 6455 section 5.2); `length` replaces the length field's bytes."""
    if length is None:
        size = len(payload)
        wide = b"\x7e" + struct.pack(">H", size) if size <= 0xFFFF else b"\x7f" + struct.pack(">Q", size)
        length = bytes([size]) if size < 126 else wide
    key = os.urandom(4) if mask else b""
    head = bytes([fin << 7 | rsv << 4 | opcode, length[0] | mask << 7]) + length[1:]
    masked = payload
    if mask:
        pad = (key * (len(payload) // 4 + 1))[: len(payload)]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(payload), "big")
    return head + key + masked


def upgrade(origin: str, **changes: str | None) -> bytes:
    """The bytes of an upgrade request; `changes` replace headers (`_` for `-`), `None` takes one away."""
    headers: dict[str, str | None] = {
        "Host": "127.0.0.1",
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode()


def port_of(url: str) -> int:
    """The port in `ws://…:port` or `http://…:port`."""
    return int(url.rstrip("/").rpartition(":")[2])


class Raw:
    """One TCP connection. `async with await Raw.dial(url) as raw:` has shaken hands."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def bare(cls, url: str) -> Self:
        """Connected, nothing said."""
        return cls(*await asyncio.open_connection("127.0.0.1", port_of(url)))

    @classmethod
    async def dial(cls, url: str, origin: str) -> Self:
        """Upgraded to a WebSocket."""
        raw = await cls.bare(url)
        raw.writer.write(upgrade(origin))
        head = await asyncio.wait_for(raw.reader.readuntil(b"\r\n\r\n"), SECONDS)
        assert head.startswith(b"HTTP/1.1 101 "), head
        return raw

    @classmethod
    async def enter(cls, url: str, device: Device, origin: str) -> Self:
        """Proven and welcome, as this device."""
        raw, grant = await cls.dial(url, origin), device.grant()
        await raw.put(stream.Hello(v=1, grant=grant))
        nonce = await raw.take(stream.Nonce)
        signed = stream.hello_bytes(device.authority.tenant, device.dev, grant, nonce.nonce, origin)
        await raw.put(stream.Proof(sig=device.key.sign(signed)))
        await raw.take(stream.Welcome)
        return raw

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def send(self, *parts: bytes) -> None:
        """Writes bytes; a peer that has gone is no error here."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(b"".join(parts))
            await self.writer.drain()

    async def put(self, message: Wire) -> None:
        """One frame of our protocol."""
        await self.send(frame(BINARY, stream.encode(message)))

    async def get(self, seconds: float = SECONDS) -> Frame | None:
        """The next frame, `None` at the end of the connection."""
        try:
            async with asyncio.timeout(seconds):
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                assert not second & 0x80, "a server must not mask"
                if size > 125:
                    width = 2 if size == 126 else 8
                    size = int.from_bytes(await self.reader.readexactly(width), "big")
                payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return Frame(first & 15, first > 127, first >> 4 & 7, payload)

    async def take(self, kind: type[Any]) -> Any:
        """The next frame, which must be this one of our protocol."""
        got = await self.get()
        assert got is not None
        assert (got.opcode, got.fin, got.rsv) == (BINARY, True, 0)
        message = stream.decode(got.payload, stream.RELAY)
        assert isinstance(message, kind), message
        return message

    async def end(self, seconds: float = SECONDS) -> tuple[str | None, int | None]:
        """Reads to the end of the connection: the goodbye's code, and the close frame's."""
        bye: str | None = None
        close: int | None = None
        while (got := await self.get(seconds)) is not None:
            assert close is None, "a frame after the close frame"
            if got.opcode == CLOSE:
                close = int.from_bytes(got.payload[:2], "big")
                await self.send(frame(CLOSE, got.payload[:2]))
            elif got.opcode == BINARY:
                message = stream.decode(got.payload, stream.RELAY)
                bye = message.code if isinstance(message, stream.Bye) else bye
        return bye, close
