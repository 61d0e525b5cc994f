"""What nobody links is forgotten after a day: objects, their parts, and parts of which no row knows. The clock is the test's."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx, open_transactions
from samrum.relay.app import MIGRATIONS
from samrum.relay.blobs import actions, links
from samrum.relay.blobs.actions import STRANGE, Blobs
from samrum.relay.blobs.outside import Away, Folder
from samrum.relay.errors import Refusal
from samrum.relay.rooms.actions import apply_roster
from samrum.wire import ids, jws
from samrum.wire.codes import Code
from samrum.wire.ids import ObjectName
from samrum.wire.statements import Grant, Roster
from tests.blobs.client import MIB, sealed
from tests.relay.client import Authority, Device, until

DAY = 24 * 3600
DATA = sealed(2 * MIB)


@dataclass
class Place:
    """Relay's files without relay, one person who uploads, and a time of the test's choosing."""

    transactions: Transactions
    folder: Path
    authority: Authority
    grant: Grant
    now: float

    def __post_init__(self) -> None:
        self.bucket = Folder(self.folder)
        self.blobs = Blobs(self.transactions, self.bucket, self.folder.parent, now=lambda: self.now, log=Log())

    def names(self) -> set[str]:
        """What is in the bucket."""
        return {path.name for path in self.folder.iterdir()}

    def put(self, name: str, age: float) -> None:
        """Something in the bucket that was written `age` seconds ago."""
        path = self.folder / name
        path.write_bytes(b"x")
        os.utime(path, (self.now - age, self.now - age))

    async def upload(self, *cuts: int) -> ObjectName:
        """A new object with the bytes up to the last cut, in as many parts; without cuts whole."""
        name, at = (await self.blobs.make(self.grant, len(DATA))).object, 0
        for cut in cuts or (len(DATA),):
            await self.blobs.take(self.grant, name, at, _body(DATA[at:cut]))
            at = cut
        return name

    async def link(self, name: ObjectName) -> None:
        """A message in a new room links it."""
        statement = self.authority.room(self.grant.sub).rosters[0]
        roster = jws.verify(statement, Roster, {self.authority.kid: self.authority.key.public_key()}.get)

        def work(tx: Tx) -> None:
            apply_roster(tx, roster, statement, self.now)
            links.check_links(tx, self.grant.iss, self.grant.sub, [name], self.now)
            links.link(tx, [name], roster.room, ids.new_msg_id())

        await self.transactions.write(work)

    async def has(self, name: ObjectName) -> bool:
        """Whether relay knows the object."""
        try:
            await self.blobs.state(self.grant, name)
        except Refusal as refusal:
            return refusal.code is not Code.NOT_FOUND
        return True


async def _body(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    transactions = await open_transactions(tmp_path / "relay.db", MIGRATIONS)
    (tmp_path / "store").mkdir()
    authority = Authority()
    grant = jws.verify(Device(authority).grant(), Grant, {authority.kid: authority.key.public_key()}.get)
    yield Place(transactions, tmp_path / "store", authority, grant, float(grant.iat))
    await transactions.close()


async def test_an_upload_that_no_message_links_goes_a_day_after_its_last_bytes(place: Place):
    whole, half, none = (
        await place.upload(),
        await place.upload(MIB),
        (await place.blobs.make(place.grant, len(DATA))).object,
    )
    shared = await place.upload(MIB, len(DATA))
    await place.link(shared)
    place.now += DAY - 10
    later = await place.blobs.take(place.grant, half, MIB, _body(DATA[MIB : MIB + MIB // 2]))
    assert await place.blobs.sweep() == 0
    place.now += 11
    assert await place.blobs.sweep() == 2
    assert [await place.has(name) for name in (whole, half, none, shared)] == [False, True, False, True]
    assert len(place.names()) == 4
    place.now += DAY
    assert await place.blobs.sweep() == 1
    assert [await place.has(name) for name in (half, shared)] == [False, True]
    assert later.have == MIB + MIB // 2
    assert sum((place.folder / name).stat().st_size for name in place.names()) == len(DATA)
    got = [piece async for piece in place.blobs.pieces(place.grant, shared, 0, len(DATA))]
    assert b"".join(got) == DATA


async def test_more_than_one_step_goes(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(actions, "STEP", 3)
    names = [await place.upload() for _ in range(7)]
    place.now += DAY + 1
    assert await place.blobs.sweep() == 7
    assert place.names() == set()
    assert not any([await place.has(name) for name in names])


async def test_parts_of_which_no_row_knows_go_a_day_later(place: Place):
    """And nothing else: not young ones, not what is known, not files of somebody else."""
    name = await place.upload(MIB, len(DATA))
    known = place.names()
    for part in known:
        os.utime(place.folder / part, (place.now - 9 * DAY, place.now - 9 * DAY))
    young, old, others = (
        ids.new_object(),
        ids.new_object(),
        {"README", "A" * 64, "a" * 63, old_style := "x-" + "a" * 62},
    )
    assert old_style in others
    place.put(young, DAY - 10)
    for one in (old, *others):
        place.put(one, DAY + 10)
    (place.folder / "folder").mkdir()
    assert await place.blobs.sweep_orphans() == 1
    assert place.names() == known | others | {young, "folder"}
    assert await place.has(name)


async def test_a_part_on_its_way_is_no_orphan(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Its row comes after it; relay's clock may be a day ahead of the bucket's."""
    put, swept = place.bucket.put, []

    async def slow(name: str, data: bytes) -> None:
        await put(name, data)
        place.now += 2 * DAY
        swept.append(await place.blobs.sweep_orphans())
        place.now -= 2 * DAY

    monkeypatch.setattr(place.bucket, "put", slow)
    name = await place.upload()
    assert swept == [0]
    assert b"".join([one async for one in place.blobs.pieces(place.grant, name, 0, len(DATA))]) == DATA


async def test_a_bucket_that_is_not_this_databases_is_left_alone(place: Place):
    """A lost or older database, or somebody else's bucket: whatever it is, people look at it first."""
    await place.upload()
    strange = {ids.new_object() for _ in range(STRANGE + 1)}
    for one in strange:
        place.put(one, 2 * DAY)
    place.now += 2 * DAY
    before = place.names()
    assert await place.blobs.sweep_orphans() == STRANGE + 1  # so many more than the known one may be
    for one in (*strange, ids.new_object()):
        place.put(one, 2 * DAY)
    assert len(place.names()) == len(before) + 1
    assert await place.blobs.sweep_orphans() == 0
    assert len(place.names()) == len(before) + 1


async def test_what_the_bucket_did_not_delete_goes_with_a_later_sweep(place: Place, monkeypatch: pytest.MonkeyPatch):
    async def away(_names: list[str]) -> None:
        raise Away

    name = await place.upload()
    with monkeypatch.context() as patch:
        patch.setattr(place.bucket, "delete", away)
        await place.blobs.give_up(place.grant, name)
    assert not await place.has(name)
    assert len(place.names()) == 1
    place.now += DAY + 60
    assert await place.blobs.sweep_orphans() == 1
    assert place.names() == set()


async def test_a_bucket_that_fails_refuses_and_changes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch):
    name = await place.upload(MIB)
    place.folder.rename(place.folder.with_name("elsewhere"))
    with pytest.raises(Refusal) as caught:
        await place.blobs.take(place.grant, name, MIB, _body(DATA[MIB:]))
    assert caught.value.code is Code.STORE_FAILED
    place.folder.with_name("elsewhere").rename(place.folder)
    assert (await place.blobs.state(place.grant, name)).have == MIB
    await place.blobs.take(place.grant, name, MIB, _body(DATA[MIB:]))
    for path in place.folder.iterdir():  # the bucket lost what it had
        path.write_bytes(b"")
    with pytest.raises(Refusal) as caught:
        await anext(place.blobs.pieces(place.grant, name, 0, 10))
    assert caught.value.code is Code.STORE_FAILED


async def test_sweeps_come_by_themselves(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Also where relay runs for a short while only."""
    monkeypatch.setattr(actions, "SWEEP_SECONDS", 0.05)
    name, orphan = await place.upload(), ids.new_object()
    place.put(orphan, 5)
    place.now += DAY + 10
    running = asyncio.create_task(place.blobs.run())
    await until(lambda: place.names() == set())
    assert not await place.has(name)
    running.cancel()
