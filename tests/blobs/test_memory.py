"""Large files and slow people cost relay little memory. Ports 21100 to 21119."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from samrum.wire import files
from tests import ports
from tests.blobs.client import MIB, Files, files_of, forget_peak, peak, resident
from tests.relay.client import Authority, Device, RelayProcess, running

ALLOWED = 64 * MIB
"""Above what relay needs with nothing to do."""


@pytest.fixture
async def mine(tmp_path: Path) -> AsyncIterator[Files]:
    """The files of somebody on a relay that does nothing else, and has for a while."""
    authority = Authority()
    relay = RelayProcess(tmp_path, ports.free_ports(range(21100, 21120), 2), authority)
    device = Device(authority)
    async with running(relay), files_of(relay, device) as [files]:
        small = await files.upload(bytes(66))  # whatever is loaded late is there
        await files.get(small)
        await asyncio.sleep(0.5)
        forget_peak(relay.pid)
        yield files
    await device.close()
    shutil.rmtree(relay.base / "store")  # pytest would keep it for a while


def above(idle: int, files: Files) -> int:
    return peak(files.relay.pid) - idle


@pytest.mark.parametrize(
    "plain", [256 * MIB, pytest.param(2048 * MIB, marks=pytest.mark.soak)], ids=["256 MiB", "2 GiB"]
)
async def test_a_large_file_up_and_down(mine: Files, plain: int):
    idle = resident(mine.relay.pid)
    size, have, data = files.sealed_size(files.padme(plain)), 0, secrets.token_bytes(8 * MIB)
    name = await mine.made(size)
    while have < size:
        have = await mine.kept(name, data[: size - have], have)
    assert above(idle, mine) < ALLOWED
    forget_peak(mine.relay.pid)
    got = 0
    async with mine.http.stream("GET", f"/objects/{name}") as answer:
        async for chunk in answer.aiter_raw():
            at = got % len(data)
            assert chunk == (data[at:] + data)[: len(chunk)]
            got += len(chunk)
    assert got == size
    assert above(idle, mine) < ALLOWED


async def test_people_who_do_not_read_and_people_who_do_not_write(mine: Files, tmp_path: Path):
    """Eight downloads that nobody reads, and twelve uploads, four of a device, that stop at the last byte."""
    grants = [mine.headers["authorization"], *("Bearer " + mine.device.second().grant() for _ in range(2))]
    idle = resident(mine.relay.pid)
    data = bytes(files.sealed_size(files.padme(64 * MIB)))
    name = await mine.upload(data)
    forget_peak(mine.relay.pid)
    url = urlsplit(mine.relay.http)
    writers = []
    for number in range(8 + 12):
        reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=1024)
        what = f"GET /objects/{name}" if number < 8 else f"PUT /objects/{name}?offset=0"
        length = "" if number < 8 else f"content-length: {8 * MIB}\r\n"
        auth = f"authorization: {grants[number % 3 if number >= 8 else 0]}\r\n"
        writer.write(f"{what} HTTP/1.1\r\nhost: relay\r\n{auth}{length}\r\n".encode())
        if number < 8:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        else:
            writer.write(data[: 8 * MIB - 1])
        writers.append(writer)
    await asyncio.sleep(1)
    assert above(idle, mine) < ALLOWED
    assert (await mine.get(name, "bytes=0-9")).status_code == 429  # eight is what a device may
    for writer in writers:
        writer.close()
    for _ in range(100):
        if (await mine.get(name, "bytes=0-9")).status_code == 206:
            break
        await asyncio.sleep(0.05)
    assert (await mine.get(name, "bytes=0-9")).content == bytes(10)
