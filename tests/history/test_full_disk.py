"""A full disk: refused with a code, still readable, nothing acknowledged is lost, and all goes on when there is room again."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from samrum.wire.codes import Code
from samrum.wire.relay_api import PutRoster
from tests.history.checker import Event, Killed, check, said
from tests.history.home_kills import Pair, entered
from tests.history.kills import leave, until
from tests.history.outbox import Sender
from tests.history.processes import Nursery, answers, free_ports, stored
from tests.history.rosters import Answer
from tests.history.rosters import check as check_rosters
from tests.history.small_disk import SmallDisk, possible
from tests.home.client import Refused
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess

pytestmark = pytest.mark.skipif(
    not possible(), reason="no mounts in namespaces here; tests/relay/test_kill.py limits files"
)


class Cramped:
    """A relay on a small disk."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.relay = RelayProcess(folder, free_ports(), self.authority)
        self.disk = SmallDisk(folder / "relay")
        self.nursery = Nursery("relay", folder / "relay.toml", self.disk.wrapper)


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[Cramped]:
    found = Cramped(tmp_path)
    found.nursery.start()
    yield found
    found.nursery.close()


async def test_relay_on_a_full_disk(cramped: Cramped, tmp_path: Path):
    relay, disk, pid, authority = cramped.relay, cramped.disk, cramped.nursery.pid, cramped.authority
    home = HomeDoor(relay, authority)
    await answers(relay.http)
    devices = [Device(authority) for _ in range(2)]
    reader = Device(authority, devices[0].pid)
    room = await home.room(*(one.pid for one in devices))
    events: list[Event] = []
    senders = [Sender(one, [room], events, window=4, rate=30) for one in devices]

    def acknowledged() -> int:
        return sum(one.acknowledged for one in senders)

    def refused() -> int:
        return sum(one.refusals.get(Code.STORE_FAILED, 0) for one in senders)

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one.run(relay.stream)) for one in senders]
        await until(lambda: acknowledged() > 10, 10)
        disk.fill(pid)
        await until(lambda: refused() > 60, 20)  # long enough that the log, too, has no room
        assert refused() > 60
        before = acknowledged()
        head = (await reader.open(relay.stream)).rooms[room.room].pos  # new connections and reading go on
        assert (await reader.page(room.room, after=0, limit=200)).pos == list(range(1, min(head, 200) + 1))
        statement = authority.change(room, new_epoch=True)
        answer = await home.post("rosters", PutRoster(jws=statement))
        assert (answer.status_code, answer.json()["code"]) == (503, Code.STORE_FAILED)
        cramped.nursery.kill()  # and a kill on top
        events.append(Killed())
        cramped.nursery.start()
        await answers(relay.http)
        assert (await home.post("rosters", PutRoster(jws=statement))).status_code == 503
        assert acknowledged() == before
        disk.make_room(pid)
        assert await home.roster(statement) == 2
        await until(lambda: acknowledged() > before + 10, 20)
        assert acknowledged() > before + 10
        await leave(senders, running)
    await home.http.aclose()
    await reader.close()
    cramped.nursery.kill(signal.SIGTERM)
    found = check(events, stored(disk.copy(pid, "relay.db", tmp_path)))
    assert not found, said(found)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    found = Pair(tmp_path, SmallDisk(tmp_path / "small"))
    found.relay_nursery.start()
    found.home_nursery.start()
    yield found
    found.close()


async def test_home_on_a_full_disk(pair: Pair, tmp_path: Path):
    disk, pid = SmallDisk(tmp_path / "small"), pair.home_nursery.pid
    me = pair.person(0)
    await entered(me)
    answers_: list[Answer] = []

    async def create() -> None:
        changed = await me.create()
        answers_.append(Answer(changed.room.room, changed.room.version, me.pid, member=True))

    await create()
    disk.fill(pid)
    refused: list[Refused] = []
    for _ in range(500):  # the log that exists may take a few more, and then the zone's own log has no room either
        try:
            await create()
        except Refused as error:
            refused.append(error)
            if len(refused) == 40:
                break
    assert {(one.status, one.code) for one in refused} == {(503, Code.STORE_FAILED)}
    assert len(refused) == 40
    assert len((await me.since(0)).rooms) == len(answers_)
    assert (await me.chain(answers_[0].room)).version == 1
    pair.home_nursery.kill()
    pair.home_nursery.set_clock(13 * 3600)  # a start that would like to tidy: sessions are over by that clock
    pair.home_nursery.start()
    await answers(pair.config.url)
    pair.home_nursery.set_clock(0)
    assert len((await me.since(0)).rooms) == len(answers_)
    disk.make_room(pid)
    await create()
    assert await pair.outbox_empty(20)
    await me.close()
    pair.home_nursery.kill(signal.SIGTERM)
    pair.relay_nursery.kill(signal.SIGTERM)
    assert check_rosters(answers_, pair.kept(disk.copy(pid, "home.db", tmp_path)), pair.applied()) == []
