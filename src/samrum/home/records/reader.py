"""The records reader: pulls relay's log and read positions, keeps them, and makes the index of what they say.

First everything is mirrored, a page a transaction; between pages and after them the index goes through the mirror, so that a home which
has just begun with records can say how far it is. Keys that cannot be had for now (the token is away) stop the index where it is. All
of it is on one task, works off the event loop's thread, and rests after each step of the first indexing: home answers people meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from samrum.home.devices import tables as devices
from samrum.home.errors import KeysAway
from samrum.home.keys.actions import EpochKeys
from samrum.home.keys.folder import Signer
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.home.records import opening, tables
from samrum.home.records.actions import Step
from samrum.home.records.opening import Cause, Cert, Said
from samrum.home.records.tables import Sealed
from samrum.home.rooms import tables as rooms
from samrum.home.search import tables as index
from samrum.home.search.words import Stemmer
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import envelope, ids, jws, statements
from samrum.wire.base import Jwk
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import Dev, KeyId, Pid, RoomId, TenantId
from samrum.wire.relay_api import LogPage, ReadLog
from samrum.wire.statements import Role

SECONDS: Final = 2.0
"""Between two looks at relay's log."""
AT_ONCE: Final = 500
"""Envelopes of one step of the index."""
REST: Final = 0.5
"""How long the first indexing rests after a step, as a part of what the step took."""
TIDY_SECONDS: Final = 3600.0
"""How often pieces of the index are merged from which words were taken out."""
TIDY_ENVELOPES: Final = 20_000
"""So many envelopes bring so many pieces that searches get slow: they are merged at once, as at the end of the first indexing."""
_MANAGERS: Final = {Role.OWNER, Role.MODERATOR}
_NEWEST: Final = (1 << 32) - 1


class Reader:
    """Reads the records, for ever."""

    def __init__(
        self,
        *,
        db: Transactions,
        records: Transactions,
        relay: Relay,
        keys: EpochKeys,
        signer: Signer,
        tenant: TenantId,
        clock: Clock,
        log: Log,
    ) -> None:
        """`db` is home's database, `records` the records' own."""
        self._db, self._records, self._relay, self._keys = db, records, relay, keys
        self._signer, self._tenant, self._clock, self._log = signer, tenant, clock, log
        self._stemmer = Stemmer()
        self._wanted = asyncio.Event()
        self._since = 0
        """Envelopes in the index since its pieces were merged."""

    def soon(self) -> None:
        """Somebody searches: looks at relay's log now instead of in a while."""
        self._wanted.set()

    async def run(self) -> None:
        """Pulls and indexes, for ever."""
        tidied = asyncio.get_running_loop().time()
        while True:
            await self.catch_up()
            if self._since >= TIDY_ENVELOPES or asyncio.get_running_loop().time() - tidied >= TIDY_SECONDS:
                await self.tidy()
                tidied = asyncio.get_running_loop().time()
            self._wanted.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), SECONDS)

    async def catch_up(self) -> None:
        """Brings mirror, read positions and index to what relay has now; without relay, the index to what the mirror has."""
        try:
            while await self._pull_log():
                with contextlib.suppress(KeysAway):  # said below
                    await self._index()
            while await self._pull_reads():
                pass
        except RelayAway:
            self._log.info("records.relay_away")
        except RelayRefused as error:
            self._log.error("records.refused", code=error.code, status=error.status)
        except msgspec.MsgspecError as error:
            self._log.error("records.not_a_log", error=error)
        try:
            while await self._index():
                pass
        except KeysAway:
            self._log.warning("records.keys_away")

    async def tidy(self) -> None:
        """Merges the pieces of the index, if words were taken out of it since, or much came."""
        if self._since < TIDY_ENVELOPES and not (await self._records.read(tables.progress)).removed:
            return
        self._since = 0
        while await self._records.write(index.merge):
            pass
        await self._records.write(tables.tidied)

    async def _pull_log(self) -> bool:
        """One page into the mirror; tells whether there is more."""
        after = (await self._records.read(tables.progress)).mirrored
        page = msgspec.msgpack.decode(await self._relay.get(f"log?after={after}&limit=1000"), type=LogPage)
        now = int(self._clock.now())
        rows = [Sealed(row.n, row.room, row.pos, row.env, now) for row in page.rows]
        if page.cursor != after:
            await self._records.write(lambda tx: tables.mirror(tx, rows, page.cursor))
        return page.more

    async def _pull_reads(self) -> bool:
        after = (await self._records.read(tables.progress)).reads
        page = msgspec.msgpack.decode(await self._relay.get(f"reads?after={after}"), type=ReadLog)
        if page.cursor != after:
            await self._records.write(lambda tx: tables.read(tx, page.rows, page.cursor))
        return page.more

    async def _index(self) -> bool:
        """One step of the index; tells whether there is more."""
        began = asyncio.get_running_loop().time()
        rows = await self._records.read(lambda tx: tables.after(tx, tables.progress(tx).indexed, AT_ONCE))
        if not rows:
            return False
        known = await self._db.read(lambda tx: Knowledge(tx, self._keys, self._signer, self._tenant, rows))
        found = await asyncio.to_thread(lambda: [_said(row, known) for row in rows])
        await self._records.write(lambda tx: self._step(tx, rows, found, known.moderated))
        self._since += len(rows)
        if len(rows) == AT_ONCE:
            await asyncio.sleep((asyncio.get_running_loop().time() - began) * REST)
        return len(rows) == AT_ONCE

    def _step(
        self, tx: Tx, rows: list[Sealed], found: list[Said | Cause], moderated: Callable[[RoomId, Pid, int], bool]
    ) -> None:
        step = Step(tx, moderated)
        for row, one in zip(rows, found, strict=True):
            step.take(row.n, one)
        step.write(rows[-1].n, len(rows), self._stemmer.forms)


def _said(row: Sealed, known: "Knowledge") -> Said | Cause:
    found = opening.said(row.n, row.room, row.pos, row.env, known)
    # Nobody can put a message before others by a clock that is ahead.
    return found if isinstance(found, Cause) else found._replace(at=min(found.at, row.at))


class Knowledge:
    """What home's database says of the keys, members and devices that some envelopes name; raises `KeysAway` where keys cannot be had now."""

    def __init__(self, tx: Tx, keys: EpochKeys, signer: Signer, tenant: TenantId, rows: Iterable[Sealed]) -> None:
        self.tenant = ids.raw(tenant, "t")
        self._keys: dict[tuple[RoomId, int], tuple[KeyId, bytes] | None] = {}
        self._certs: dict[Dev, list[Cert]] = {}
        self._moderated: dict[tuple[RoomId, Pid, int], bool] = {}
        people: dict[RoomId, dict[Pid, None]] = {}
        devs: dict[Dev, None] = {}
        for row in rows:
            try:
                head = envelope.parse(row.env)
            except envelope.BadEnvelope:
                continue
            pid = Pid(ids.text("p", head.pid))
            devs[Dev(ids.text("d", head.dev))] = None
            people.setdefault(row.room, {})[pid] = None
            if (row.room, head.epoch) not in self._keys:
                self._keys[row.room, head.epoch] = keys.opening_key(tx, row.room, head.epoch)
            if head.kind == EnvelopeKind.DELETION:
                self._moderated[row.room, pid, head.epoch] = _moderated(tx, row.room, pid, head.epoch)
        self._spans = {room: rooms.spans(tx, room, _NEWEST, list(pids)) for room, pids in people.items()}
        for dev, listed in devices.certs(tx, devs).items():
            self._certs[dev] = [_cert(one, signer) for one in listed]

    def key(self, room: RoomId, epoch: int) -> tuple[KeyId, bytes] | None:
        """The epoch's key."""
        return self._keys.get((room, epoch))

    def member(self, room: RoomId, pid: Pid, epoch: int) -> bool:
        """Whether the person was in the room in that epoch."""
        spans = self._spans.get(room, {}).get(pid, [])
        return any(first <= epoch and (last is None or epoch <= last) for first, last in spans)

    def certs(self, dev: Dev) -> list[Cert]:
        """The device's certificates."""
        return self._certs.get(dev, [])

    def moderated(self, room: RoomId, pid: Pid, epoch: int) -> bool:
        """Whether the person, who deletes something, was moderator or owner at some time of that epoch."""
        return self._moderated.get((room, pid, epoch), False)


def _cert(statement: str, signer: Signer) -> Cert:
    cert = jws.verify(statement, statements.Cert, signer.key_of)
    return Cert(cert.sub, jws.key_of_jwk(Jwk(**msgspec.structs.asdict(cert.cnf.jwk))), cert.iat, cert.exp)


def _moderated(tx: Tx, room: RoomId, pid: Pid, epoch: int) -> bool:
    role: Role | None = None
    for version, statement in enumerate(rooms.chain(tx, room, 0, _NEWEST), 1):
        roster = jws.peek(statement, statements.Roster)
        assert roster.version == version  # the chain has no holes
        if roster.epoch.n > epoch:
            break
        if roster.epoch.n == epoch and role in _MANAGERS:
            return True
        if pid in roster.remove:
            role = None
        role = next((one.role for one in [*roster.add, *roster.role] if one.pid == pid), role)
        if roster.epoch.n == epoch and role in _MANAGERS:
            return True
    return False
