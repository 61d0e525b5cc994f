"""Speaks to relay about files: uploads and downloads of one device, whole, in pieces, or cut short."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec

from samrum.wire import files, stream
from samrum.wire.base import Problem
from samrum.wire.relay_api import ObjectHas, ObjectMade, ObjectState
from tests.relay.client import Device, RelayProcess, Room

MIB = 1 << 20


def sealed(plain: int) -> bytes:
    """Bytes that could be a sealed file of `plain` bytes: relay cannot tell."""
    return secrets.token_bytes(files.sealed_size(files.padme(plain)))


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, msgspec.json.decode(answer.content, type=Problem).code


class Files:
    """The files of one device. Every method gives the answer, or what is in a good one."""

    def __init__(self, relay: RelayProcess, device: Device, **options: object) -> None:
        """`options` go to httpx."""
        self.relay, self.device = relay, device
        self.headers = {"authorization": "Bearer " + device.grant()}
        self.http = httpx.AsyncClient(base_url=relay.http, timeout=60, headers=self.headers, **options)  # type: ignore[arg-type]

    async def begin(self, size: int) -> httpx.Response:
        return await self.http.post("/objects", json={"size": size})

    async def made(self, size: int) -> str:
        """A new object's name."""
        answer = await self.begin(size)
        assert answer.status_code == 201, answer.text
        made = msgspec.json.decode(answer.content, type=ObjectMade)
        assert made.have == 0
        return made.object

    async def put(self, name: str, data: bytes, offset: int = 0) -> httpx.Response:
        return await self.http.put(f"/objects/{name}", params={"offset": offset}, content=data)

    async def kept(self, name: str, data: bytes, offset: int = 0) -> int:
        """How much relay has after a good `put`."""
        answer = await self.put(name, data, offset)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=ObjectHas).have

    async def state(self, name: str) -> ObjectState:
        answer = await self.http.get(f"/objects/{name}/state")
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=ObjectState)

    async def get(self, name: str, span: str | None = None) -> httpx.Response:
        return await self.http.get(f"/objects/{name}", headers={"range": span} if span else {})

    async def drop(self, name: str) -> httpx.Response:
        return await self.http.delete(f"/objects/{name}")

    async def upload(self, data: bytes, body: int = 8 * MIB) -> str:
        """A complete object."""
        name, have = await self.made(len(data)), 0
        while have < len(data):
            have = await self.kept(name, data[have : have + body], have)
        return name

    async def cut(self, name: str, data: bytes, offset: int, after: int) -> None:
        """Says that it sends `data`, sends `after` bytes of it and is gone."""
        url = urlsplit(self.relay.http)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"PUT /objects/{name}?offset={offset} HTTP/1.1\r\nhost: relay\r\ncontent-length: {len(data)}\r\n"
            f"authorization: {self.headers['authorization']}\r\n\r\n".encode()
        )
        writer.write(data[:after])
        await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await reader.read()
            await writer.wait_closed()

    async def share(self, room: Room, *names: str) -> stream.Sent | stream.Error:
        """Sends a message that links these; what relay says."""
        data = self.device.seal(room)
        await self.device.put(stream.Send(env=data, objects=list(names)))
        while True:
            said = await self.device.get()
            if isinstance(said, stream.Sent):
                self.device.seqs[room.room] = self.device.seqs.get(room.room, 0) + 1
                return said
            if isinstance(said, stream.Error):
                return said


@contextlib.asynccontextmanager
async def files_of(relay: RelayProcess, *devices: Device) -> AsyncIterator[list[Files]]:
    """The files of each device, which is connected to relay's stream too."""
    found = []
    for device in devices:
        await device.open(relay.stream, origin=device.authority.origins[0])
        found.append(Files(relay, device))
    try:
        yield found
    finally:
        for one in found:
            await one.http.aclose()


def in_store(relay: RelayProcess) -> dict[str, int]:
    """Names and sizes of all that is in relay's folder for objects."""
    return {path.name: path.stat().st_size for path in (relay.base / "store").iterdir()}


def peak(pid: int) -> int:
    """The most memory that a process had in RAM since `forget_peak`, in bytes (proc(5): VmHWM)."""
    return _status(pid, "VmHWM:")


def resident(pid: int) -> int:
    """What it has in RAM now."""
    return _status(pid, "VmRSS:")


def forget_peak(pid: int) -> None:
    """Lets `peak` begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise AssertionError(field)
