"""Clocks that jump by eleven minutes, to and fro: what must be refused is, nothing is lost, and all is well when the clock is."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from samrum.home.login.slowing import Slowing
from samrum.relay.errors import Refusal
from samrum.relay.limits import Limit
from samrum.wire import ids, stream
from samrum.wire.codes import Code
from samrum.wire.relay_api import PutRevocation, PutRoster
from samrum.wire.statements import MemberEntry, Revoke, Role
from tests.history.checker import Event, check, said
from tests.history.home_kills import Pair, entered
from tests.history.kills import leave, until
from tests.history.outbox import Sender
from tests.history.processes import Nursery, answers, free_ports, stored
from tests.history.rosters import Answer
from tests.history.rosters import check as check_rosters
from tests.home.client import Refused
from tests.relay.client import Authority, Device, HomeDoor, RelayProcess

JUMP = 660.0


class Relay:
    """A relay whose clock a test moves."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.process = RelayProcess(folder, free_ports(), self.authority)
        self.nursery = Nursery("relay", folder / "relay.toml")
        self.nursery.start()

    def close(self) -> None:
        self.nursery.close()


@pytest.fixture(scope="module")
def one_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    found = Relay(Path(tmp_path_factory.mktemp("relay")))
    yield found
    found.close()


@pytest.fixture
def relay(one_relay: Relay) -> Relay:
    """A relay whose clock is right."""
    one_relay.nursery.set_clock(0)
    return one_relay


async def test_messages_go_on_while_relays_clock_jumps(relay: Relay):
    home = HomeDoor(relay.process, relay.authority)
    await answers(relay.process.http)
    devices = [Device(relay.authority) for _ in range(3)]
    room = await home.room(*(one.pid for one in devices))
    events: list[Event] = []
    senders = [Sender(one, [room], events, window=(1, 4)[number % 2], rate=12) for number, one in enumerate(devices)]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one.run(relay.process.stream)) for one in senders]
        for off in (0, JUMP, 0, -JUMP, JUMP, 0):
            relay.nursery.set_clock(off)
            before = [one.acknowledged for one in senders]
            await until(lambda: all(one.acknowledged > then + 3 for one, then in zip(senders, before, strict=True)), 15)  # noqa: B023  awaited at once
            assert all(one.acknowledged > then + 3 for one, then in zip(senders, before, strict=True)), off
        await leave(senders, running)
    await home.http.aclose()
    assert {code for one in senders for code in one.refusals} <= {Code.CLOCK, Code.SEQ_REFUSED}
    assert any(one.refusals.get(Code.CLOCK) for one in senders)
    found = check(events, [row for row in stored(relay.process.database) if row.room == room.room])
    assert not found, said(found)
    assert '"level":"error"' not in relay.nursery.log.read_text()


async def test_grants_and_homes_calls_fit_relays_clock_and_are_good_again_when_it_is(relay: Relay):
    url = relay.process.stream
    home = HomeDoor(relay.process, relay.authority)
    await answers(relay.process.http)
    anna = Device(relay.authority)
    room = await home.room(anna.pid)
    soon = anna.grant(exp=int(time.time() + 300))
    statement = relay.authority.change(room, add=[MemberEntry(pid=ids.new_pid(), role=Role.MEMBER)])
    for off, code in ((JUMP, Code.GRANT_EXPIRED), (-JUMP, Code.BAD_GRANT)):
        relay.nursery.set_clock(off)
        await anna.dial(url)
        await anna.put(stream.Hello(v=1, grant=soon))
        assert await anna.bye() == code
        await anna.close()
        refused = await home.post("rosters", PutRoster(jws=statement))
        assert (refused.status_code, refused.json()["code"]) == (401, Code.BAD_CALL)
    relay.nursery.set_clock(0)
    assert (await anna.open(url, grant=soon)).rooms[room.room].version == 1
    assert await home.roster(statement) == 2
    await anna.close()
    await home.http.aclose()


async def test_a_revoked_device_stays_out_when_the_clock_was_ahead_for_a_while(relay: Relay):
    home = HomeDoor(relay.process, relay.authority)
    await answers(relay.process.http)
    anna = Device(relay.authority)
    await home.revoke(anna.pid, anna.dev, seconds=300)
    relay.nursery.set_clock(JUMP)
    # Another revocation is what makes relay tidy up; home's clock is as wrong as relay's.
    assert (await home.post("revocations", b"{}", iat=int(time.time() + JUMP))).status_code == 400
    now = int(time.time() + JUMP)
    other = Revoke(tenant=relay.authority.tenant, pid=ids.new_pid(), dev=None, iat=now, until=now + 60)
    done = await home.post("revocations", PutRevocation(jws=relay.authority.sign(other)), iat=now)
    assert done.status_code == 204
    relay.nursery.set_clock(0)
    await anna.dial(relay.process.stream)
    grant = anna.grant(exp=int(time.time() + 290))
    await anna.put(stream.Hello(v=1, grant=grant))
    nonce = await anna.next(stream.Nonce)
    signed = stream.hello_bytes(relay.authority.tenant, anna.dev, grant, nonce.nonce, anna.origin)
    await anna.put(stream.Proof(sig=anna.key.sign(signed)))
    assert await anna.bye() == Code.REVOKED
    await anna.close()
    await home.http.aclose()


async def test_a_relay_that_started_with_its_clock_ahead_takes_homes_calls_once_it_is_right(tmp_path: Path):
    authority = Authority()
    process = RelayProcess(tmp_path, free_ports(), authority)
    nursery = Nursery("relay", tmp_path / "relay.toml")
    nursery.set_clock(JUMP)
    nursery.start()
    try:
        await answers(process.http)
        nursery.set_clock(0)
        home = HomeDoor(process, authority)
        assert (await home.room(ids.new_pid())).state.version == 1
        await home.http.aclose()
    finally:
        nursery.close()


def test_a_limit_begins_anew_when_the_clock_was_set_back():
    limit, device = Limit(3, 10), (ids.new_tenant(), ids.new_dev())
    for _ in range(3):
        limit.count(device, 10_000)
    with pytest.raises(Refusal):
        limit.count(device, 10_000)
    for _ in range(3):
        limit.count(device, 10_000 - JUMP)
    with pytest.raises(Refusal) as refused:
        limit.count(device, 10_000 - JUMP)
    assert refused.value.problem.retry_after == 10
    limit.forget(10_000 - 2 * JUMP)
    limit.count(device, 10_000 - 2 * JUMP)


def test_slowed_sign_ins_wait_no_longer_when_the_clock_was_set_back():
    slowing = Slowing()
    for _ in range(8):
        slowing.failed("åsa", "::1", 10_000)
    assert slowing.wait("åsa", "::1", 10_000) == 8
    assert slowing.wait("åsa", "::1", 10_000 - JUMP) == 8
    assert slowing.wait("åsa", "::1", 10_000 - JUMP + 8) == 0


async def test_what_home_owes_relay_arrives_soon_after_its_clock_is_right_again(pair: Pair):
    me = pair.person(0)
    await entered(me)
    told_to_me: list[Answer] = []

    async def create() -> int:
        changed = await me.create()
        told_to_me.append(Answer(changed.room.room, changed.room.version, me.pid, member=True))
        return changed.room.delivered

    assert await create() == 1
    for off in (JUMP, -JUMP):
        pair.home_nursery.set_clock(off)
        with pytest.raises(Refused) as refused:  # a proof by another clock
            await me.create()
        assert (refused.value.status, refused.value.code) == (401, Code.BAD_PROOF)
        me.now = lambda: time.time() + off  # noqa: B023  the browser goes by home's clock
        assert await create() == 0  # kept, and owed: relay takes no call that is so far off
        pair.home_nursery.set_clock(0)
        me.now = time.time
        assert await create() == 1
        assert await pair.outbox_empty(8)
    await me.close()
    pair.home_nursery.kill(signal.SIGTERM)
    pair.relay_nursery.kill(signal.SIGTERM)
    assert check_rosters(told_to_me, pair.kept(), pair.applied()) == []
