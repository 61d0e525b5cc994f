"""Taking objects in pieces, giving them out in pieces, and forgetting what nobody links."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from samrum.plumbing.log import Log
from samrum.plumbing.tasks import survive
from samrum.plumbing.transactions import Transactions, Tx
from samrum.relay.blobs import tables
from samrum.relay.blobs.outside import Away, Bucket, Gone
from samrum.relay.blobs.tables import Found, Part
from samrum.relay.errors import Refusal
from samrum.relay.limits import Limit, Slots, TooMany
from samrum.relay.tenants.actions import access_device
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.files import MAX_OBJECT, MIN_BODY, is_sealed_size
from samrum.wire.ids import BadId, ObjectName
from samrum.wire.relay_api import ObjectHas, ObjectMade, ObjectState
from samrum.wire.statements import Grant

UNLINKED_MOST: Final = 20
UNLINKED_BYTES: Final = 10 << 30
"""Objects of one person, and their bytes, that no message links."""
REQUESTS, REQUEST_SECONDS = 1000, 10
"""How often a device may ask in how many seconds."""
UPLOADS, DOWNLOADS, OF_ALL = 4, 8, 128
"""Requests of one device, and of all, that bring or take bytes at the same time: each holds a file, or up to two pieces in memory."""
WRITERS: Final = 3
"""Parts on their way into the bucket: each is in memory as a whole."""
PIECE_BYTES: Final = 512 << 10
"""What a download reads at a time."""
SPILL_BYTES: Final = 256 << 10
"""More of a request waits in a file."""
KEPT_SECONDS: Final = 24 * 3600
"""How long an object waits for a message that links it."""
SWEEP_SECONDS: Final = 3600.0
ORPHANS_EVERY: Final = 24
"""Every so many sweeps the bucket is compared with the database."""
STRANGE: Final = 1000
"""The bucket may hold so many more unknown parts than known ones, else it is not the one of this database."""
STEP: Final = 500
"""Objects that one transaction forgets."""
RETRY_SECONDS: Final = 5


class Blobs:
    """All uploads and downloads. `run` sweeps."""

    def __init__(
        self, transactions: Transactions, bucket: Bucket, spool: Path, *, now: Callable[[], float], log: Log
    ) -> None:
        """`spool`: a folder for the bytes of requests that have not arrived as a whole."""
        self._transactions, self._bucket, self._spool = transactions, bucket, spool
        self._now, self._log = now, log
        self._limit = Limit(REQUESTS, REQUEST_SECONDS)
        self._uploads, self._downloads = Slots(UPLOADS, OF_ALL), Slots(DOWNLOADS, OF_ALL)
        self._writers = asyncio.Semaphore(WRITERS)
        self._flying: set[str] = set()
        """Parts in the bucket, or on their way, whose rows are not there yet."""

    # ---- uploads

    async def make(self, grant: Grant, size: int) -> ObjectMade:
        """Begins an upload of `size` bytes; raises `Refusal`."""
        self._count(grant)
        if size > MAX_OBJECT:
            raise Refusal(Code.TOO_LARGE)
        if not is_sealed_size(size):
            raise Refusal(Code.BAD_REQUEST)
        name = ids.new_object()

        def work(tx: Tx) -> None:
            now = self._now()
            access_device(tx, grant.iss, grant.sub, grant.dev, now)
            count, waiting = tables.unlinked_of(tx, grant.sub)
            if count >= UNLINKED_MOST or waiting + size > UNLINKED_BYTES:
                raise Refusal(Code.TOO_MANY_UPLOADS)
            tables.add(tx, name, size, tenant=grant.iss, pid=grant.sub, now=int(now))

        await self._transactions.write(work)
        return ObjectMade(object=name, have=0)

    async def state(self, grant: Grant, name: ObjectName) -> ObjectState:
        """How far one's own upload is; raises `Refusal`."""
        self._count(grant)
        found = await self._own(grant, name)
        return ObjectState(have=found.have, size=found.size)

    async def take(self, grant: Grant, name: ObjectName, offset: int, body: AsyncIterator[bytes]) -> ObjectHas:
        """Keeps what `body` brings from `offset` on; durable when this returns. Raises `Refusal`."""
        self._count(grant)
        await self._own(grant, name)
        async with self._arrived(grant, body) as (file, size):
            found = await self._own(grant, name)  # as it is now: the bytes took a while
            end = offset + size
            if offset > found.have:
                raise Refusal(Code.OFFSET_GAP, have=found.have)
            if end > found.size:
                raise Refusal(Code.TOO_LARGE)
            if size < MIN_BODY and end < found.size:
                raise Refusal(Code.BAD_REQUEST)
            if end <= found.have:
                return ObjectHas(have=found.have)
            async with self._writers:
                file.seek(found.have - offset)
                return await self._keep(name, found.have, await asyncio.to_thread(file.read))

    async def give_up(self, grant: Grant, name: ObjectName) -> None:
        """Forgets one's own upload that no message links; raises `Refusal`."""
        self._count(grant)

        def work(tx: Tx) -> list[str]:
            if self._access_own(tx, grant, name).linked:
                raise Refusal(Code.NOT_ALLOWED)
            return tables.drop(tx, [name])

        await self._delete(await self._transactions.write(work))

    async def _own(self, grant: Grant, name: ObjectName) -> Found:
        return await self._transactions.read(lambda tx: self._access_own(tx, grant, name))

    def _access_own(self, tx: Tx, grant: Grant, name: ObjectName) -> Found:
        access_device(tx, grant.iss, grant.sub, grant.dev, self._now())
        found = tables.find(tx, name)
        if found is None or (found.tenant, found.pid) != (grant.iss, grant.sub):
            raise Refusal(Code.NOT_FOUND)
        return found

    @asynccontextmanager
    async def _arrived(
        self, grant: Grant, body: AsyncIterator[bytes]
    ) -> AsyncIterator[tuple["tempfile.SpooledTemporaryFile[bytes]", int]]:
        """The bytes of a request once all are there, in memory or in a file without a name, and how many."""
        with (
            self._uploads.held((grant.iss, grant.dev)),
            tempfile.SpooledTemporaryFile(SPILL_BYTES, dir=str(self._spool)) as file,
        ):
            waiting: list[bytes] = []
            size = kept = 0
            async for chunk in body:
                waiting.append(chunk)
                size += len(chunk)
                if size - kept >= SPILL_BYTES:
                    await asyncio.to_thread(file.write, b"".join(waiting))
                    waiting, kept = [], size
            file.write(b"".join(waiting))
            yield file, size

    async def _keep(self, name: ObjectName, at: int, data: bytes) -> ObjectHas:
        part = Part(at, len(data), ids.new_object())
        self._flying.add(part.name)
        try:
            await self._bucket.put(part.name, data)

            def work(tx: Tx) -> tuple[bool, int]:
                taken = tables.put_part(tx, name, part, int(self._now()))
                found = tables.find(tx, name)
                return taken, found.have if found else -1

            taken, have = await self._transactions.write(work)
        except Away as error:
            self._log.error("objects.away", error=error)
            raise Refusal(Code.STORE_FAILED, retry_after=RETRY_SECONDS) from None
        finally:
            self._flying.discard(part.name)
        if not taken:  # somebody else was faster, or gave it up
            await self._delete([part.name])
        if have < 0:
            raise Refusal(Code.NOT_FOUND)
        return ObjectHas(have=have)

    # ---- downloads

    async def size(self, grant: Grant, name: ObjectName) -> int:
        """Bytes of an object that one may have; raises `Refusal`."""
        self._count(grant)
        return await self._transactions.read(lambda tx: self._access(tx, grant, name).size)

    async def pieces(self, grant: Grant, name: ObjectName, start: int, end: int) -> AsyncGenerator[bytes]:
        """The bytes from `start` to before `end`, one piece ahead of who takes them. Raises `Refusal`, also half-way."""
        with self._downloads.held((grant.iss, grant.dev)):
            part = Part(start, 0, "")
            coming: asyncio.Task[bytes] | None = None
            try:
                while start < end or coming is not None:
                    ready = None if coming is None else await coming
                    coming = None
                    if start < end:
                        if start >= part.at + part.size:
                            part = await self._part(grant, name, start)
                        upto = min(start + PIECE_BYTES, part.at + part.size, end)
                        coming = asyncio.create_task(self._read(part.name, start - part.at, upto - part.at))
                        start = upto
                    if ready is not None:
                        yield ready
            finally:
                if coming is not None:
                    coming.cancel()

    def _access(self, tx: Tx, grant: Grant, name: ObjectName) -> Found:
        """Lets members of rooms that link the object pass, and while none does its uploader; raises `Refusal`."""
        now = self._now()
        access_device(tx, grant.iss, grant.sub, grant.dev, now)
        found = tables.find(tx, name)
        if found is None or found.tenant != grant.iss:
            raise Refusal(Code.NOT_FOUND)
        mine = not found.linked and found.pid == grant.sub
        if not mine and not tables.is_shared_with(tx, name, grant.sub, now):
            raise Refusal(Code.NOT_FOUND)
        if found.have < found.size:
            raise Refusal(Code.OBJECT_INCOMPLETE, have=found.have)
        return found

    async def _part(self, grant: Grant, name: ObjectName, at: int) -> Part:
        """The part in which `at` stands. Who may have the object is asked again: they may have lost it meanwhile."""

        def look(tx: Tx) -> Part:
            self._access(tx, grant, name)
            part = tables.part_at(tx, name, at)
            if part is None:
                raise Refusal(Code.INTERNAL)
            return part

        return await self._transactions.read(look)

    async def _read(self, name: str, start: int, end: int) -> bytes:
        try:
            return await self._bucket.read(name, start, end)
        except Away as error:
            self._log.error("objects.away", error=error)
        except Gone as error:
            self._log.error("objects.lost", error=error)
        raise Refusal(Code.STORE_FAILED, retry_after=RETRY_SECONDS)

    # ---- forgetting

    async def run(self) -> None:
        """Sweeps now and every hour, orphans an hour from now and then every day, until cancelled."""
        for turn in itertools.count():
            self._limit.forget(self._now())
            await survive(self.sweep(), self._log, "objects.sweep_failed")
            if turn % ORPHANS_EVERY == 1:
                await survive(self.sweep_orphans(), self._log, "objects.sweep_failed")
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Forgets objects that no message has linked in time; how many."""
        count = 0

        def work(tx: Tx) -> tuple[int, list[str]]:
            names = tables.stale(tx, int(self._now()) - KEPT_SECONDS, STEP)
            return len(names), tables.drop(tx, names)

        while True:
            found, parts = await self._transactions.write(work)
            await self._delete(parts)
            count += found
            if found < STEP:
                break
        if count:
            self._log.info("objects.swept", objects=count)
        return count

    async def sweep_orphans(self) -> int:
        """Deletes parts in the bucket that no row names and that are a day old; how many.

        If most of the bucket is unknown it belongs to another database, or this one is not what it was: then nothing is touched.
        """
        before = self._now() - KEPT_SECONDS
        orphans: list[str] = []
        known = 0
        async for step in self._bucket.everything():
            old = {one.name for one in step if one.at < before and _is_part(one.name)}
            there = await self._transactions.read(partial(_known, sorted(old)))
            known += len(there)
            orphans += old - there - self._flying
        if len(orphans) > known + STRANGE:
            self._log.error("objects.strange_bucket", known=known, unknown=len(orphans))
            return 0
        await self._delete(orphans)
        if orphans:
            self._log.info("objects.orphans_swept", parts=len(orphans))
        return len(orphans)

    async def _delete(self, parts: list[str]) -> None:
        """Deletes parts that no row names; what cannot be deleted now is an orphan that a sweep finds."""
        try:
            for at in range(0, len(parts), STEP):
                await self._bucket.delete(parts[at : at + STEP])
        except Away as error:
            self._log.error("objects.away", error=error)

    def _count(self, grant: Grant) -> None:
        try:
            self._limit.count((grant.iss, grant.dev), self._now())
        except TooMany:
            raise Refusal(Code.RATE_LIMITED, retry_after=REQUEST_SECONDS) from None


def _known(names: list[str], tx: Tx) -> set[str]:
    return tables.known_parts(tx, names)


def _is_part(name: str) -> bool:
    try:
        ids.object_name(name)
    except BadId:
        return False
    return True
