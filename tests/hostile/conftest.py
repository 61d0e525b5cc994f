"""A relay under attack, and two people who go on talking meanwhile. Ports 21820 to 21839."""

import asyncio
import contextlib
import resource
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from samrum.wire import stream
from tests import ports
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, Room

LATENCY = 3.0
"""Seconds a good message may take while somebody attacks. Milliseconds on a machine of one's own; tests share theirs."""
OPEN_FILES = 4096
"""What the kernel allows this relay: few for a server. It starts with the usual 1024 and has to ask for the rest itself."""


def free_ports() -> int:
    """The first of two free neighbours."""
    return ports.free_ports(range(21820, 21840), 2)


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def files(folder: Path) -> set[str]:
    """Every file below a folder, by its place."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@dataclass
class Talk:
    """Anna and Bo in a room of theirs, and how long each message of theirs took to be stored and to arrive."""

    relay: RelayProcess
    anna: Device
    bo: Device
    room: Room
    taken: list[float] = field(default_factory=list)

    async def once(self) -> None:
        """One message there."""
        begun = time.monotonic()
        await self.anna.say(self.room)
        await self.bo.next(stream.Batch)
        self.taken.append(time.monotonic() - begun)

    @contextlib.asynccontextmanager
    async def goes_on(self) -> AsyncIterator[None]:
        """While the block attacks, messages pass in time; at its end relay holds those and nothing else that is new."""
        await self.once()
        before, folder, self.taken = rows(self.relay.database), files(self.relay.base), []
        stop = asyncio.Event()

        async def talk() -> None:
            while not stop.is_set():
                await self.once()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 0.1)

        talking = asyncio.create_task(talk())
        try:
            yield
        finally:
            stop.set()
            await talking
        await self.once()
        assert max(self.taken) < LATENCY
        after = rows(self.relay.database)
        assert after == before | {"messages": before["messages"] + len(self.taken)}
        assert files(self.relay.base) == folder


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Another authority on the same relay."""
    return Authority(("http://localhost:21838",))


@pytest.fixture(scope="session")
def relay(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, stranger: Authority
) -> Iterator[RelayProcess]:
    process = RelayProcess(Path(tmp_path_factory.mktemp("hostile")), free_ports(), authority, stranger)
    process.start()
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (1024, OPEN_FILES))
    asyncio.run(process.ready())
    yield process
    assert process.stop() == 0, process.log.read_text()
    log = process.log.read_text()
    assert '"level":"error"' not in log, log
    assert all(line.startswith("{") for line in log.splitlines()), log


@pytest.fixture
async def home(relay: RelayProcess, authority: Authority) -> AsyncIterator[HomeDoor]:
    door = HomeDoor(relay, authority)
    yield door
    await door.http.aclose()


@pytest.fixture
async def mallory(authority: Authority) -> AsyncIterator[Device]:
    """A device of the same authority that does what it should not."""
    device = Device(authority)
    yield device
    await device.close()


@pytest.fixture
async def talk(relay: RelayProcess, home: HomeDoor, authority: Authority) -> AsyncIterator[Talk]:
    anna, bo = Device(authority), Device(authority)
    room = await home.room(anna.pid, bo.pid)
    await anna.open(relay.stream)
    await bo.open(relay.stream)
    yield Talk(relay, anna, bo, room)
    await anna.close()
    await bo.close()
