"""A disk that fails, and what a kill must not undo. Kills under load, locks and clocks: tests/history."""

import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from samrum.wire import stream
from samrum.wire.codes import Code
from samrum.wire.files import MIN_BODY
from tests.blobs.client import MIB, code, files_of, in_store, sealed
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess, running
from tests.relay.conftest import free_ports


@pytest.fixture
async def own(tmp_path: Path, authority: Authority) -> AsyncIterator[RelayProcess]:
    """A relay that a test may hurt."""
    async with running(RelayProcess(tmp_path, free_ports(), authority)) as relay:
        yield relay


async def test_full_disk_refuses_everything_and_changes_nothing(
    own: RelayProcess, authority: Authority, anna: Device, bo: Device
):
    home = HomeDoor(own, authority)
    room = await home.room(anna.pid, bo.pid)
    await home.http.aclose()
    await anna.open(own.stream)
    await bo.open(own.stream)
    await anna.say(room)
    await bo.next(stream.Batch)
    size = sum(path.stat().st_size for path in own.database.parent.iterdir())
    unlimited = resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert size > 4096
    refused = [await anna.post(room, plain=bytes(3000)) for _ in range(3)]
    errors = [await anna.next(stream.Error) for _ in refused]
    assert [error.code for error in errors] == [Code.STORE_FAILED] * 3
    assert await bo.quiet() == []
    assert (await anna.page(room.room)).pos == [1]
    resource.prlimit(own.pid, resource.RLIMIT_FSIZE, unlimited)
    for data in refused:  # the same bytes again: sequence and ids are as they were
        await anna.put(stream.Send(env=data))
    assert [(await anna.next(stream.Sent)).pos for _ in refused] == [2, 3, 4]


async def test_revocations_and_rosters_outlive_a_kill(own: RelayProcess, authority: Authority, anna: Device):
    home = HomeDoor(own, authority)
    room = await home.room(anna.pid)
    second = anna.second()
    await home.revoke(second.pid, second.dev)
    await home.http.aclose()
    own.kill()
    own.start()
    await own.ready()
    assert (await anna.open(own.stream)).rooms[room.room].version == 1
    with pytest.raises((ConnectionClosed, AssertionError)):
        await second.open(own.stream)
    assert second.seen[-1] == stream.Bye(code=Code.REVOKED)


async def test_full_disk_takes_no_file_and_leaves_nothing_of_it(own: RelayProcess, authority: Authority, anna: Device):
    """Where the bytes wait, where they are kept; and then all goes on."""
    async with files_of(own, anna) as [mine]:
        data = sealed(2 * MIB)
        name = await mine.made(len(data))
        for limit, size in ((MIB // 2, MIB), (MIB // 8, MIN_BODY)):
            unlimited = resource.prlimit(own.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            assert code(await mine.put(name, data[:size])) == (503, Code.STORE_FAILED)
            resource.prlimit(own.pid, resource.RLIMIT_FSIZE, unlimited)
            assert (await mine.state(name)).have == 0
            assert in_store(own) == {}
        assert await mine.kept(name, data) == len(data)
        assert (await mine.get(name)).content == data
