"""One relay for most tests: each makes its own rooms and devices. Ports 21400 to 21499.

Tests with the mark `wheel` run a second time against a relay that was installed from its own wheel, with nothing else of Samrum there.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import ports
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess


def free_ports() -> int:
    """The first of four free neighbours: relay's two and LiveKit's two."""
    return ports.free_ports(range(21400, 21500), 4)


def count(relay: RelayProcess, table: str) -> int:
    """How many rows a table of relay's database has."""
    with contextlib.closing(sqlite3.connect(f"file:{relay.database}?mode=ro", uri=True)) as database:
        found: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return found


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Another authority on the same relay."""
    return Authority(("http://localhost:21498",))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("wheel"):
        metafunc.parametrize("relay", ["source", "wheel"], indirect=True)


@contextlib.contextmanager
def running_relay(process: RelayProcess) -> Iterator[RelayProcess]:
    """The relay, ready; it must end cleanly and must not have met what it did not foresee."""
    process.start()
    asyncio.run(process.ready())
    yield process
    assert process.stop() == 0, process.log.read_text()
    assert '"level":"error"' not in process.log.read_text()


@pytest.fixture(scope="session")
def relay_of_source(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, stranger: Authority
) -> Iterator[RelayProcess]:
    base = Path(tmp_path_factory.mktemp("relay"))
    with running_relay(RelayProcess(base, free_ports(), authority, stranger)) as process:
        yield process


@pytest.fixture(scope="session")
def relay_of_wheel(
    tmp_path_factory: pytest.TempPathFactory, relay_wheel: Path, authority: Authority, stranger: Authority
) -> Iterator[RelayProcess]:
    base = Path(tmp_path_factory.mktemp("relay-wheel"))
    with running_relay(RelayProcess(base, free_ports(), authority, stranger, wheel=relay_wheel)) as process:
        yield process


@pytest.fixture
def relay(request: pytest.FixtureRequest) -> RelayProcess:
    """The relay of most tests, from the tests' own source unless the test asks for the wheel's."""
    found: RelayProcess = request.getfixturevalue("relay_of_" + getattr(request, "param", "source"))
    return found


@pytest.fixture
async def home(relay: RelayProcess, authority: Authority) -> AsyncIterator[HomeDoor]:
    door = HomeDoor(relay, authority)
    yield door
    await door.http.aclose()


@pytest.fixture
async def abroad(relay: RelayProcess, stranger: Authority) -> AsyncIterator[HomeDoor]:
    """The other authority's home."""
    door = HomeDoor(relay, stranger)
    yield door
    await door.http.aclose()


@pytest.fixture
async def anna(authority: Authority) -> AsyncIterator[Device]:
    device = Device(authority)
    yield device
    await device.close()


@pytest.fixture
async def bo(authority: Authority) -> AsyncIterator[Device]:
    device = Device(authority)
    yield device
    await device.close()
