"""Making epoch keys, and releasing them to whom they belong.

An epoch key is 32 random bytes, wrapped by AES-256-GCM under its period key (tenant, month, retention class); AAD =
"samrum/epoch/1" | tenant | room | epoch u32 | key id. Wrapped, it is durable at the second place before the transaction that made it
is committed (`before_commit`), and it is released from committed rows alone: so it stands twice before anybody has it, and a place
that cannot be written undoes the whole change. A crash between the two leaves an orphan at the second place, which no roster names.
Entitled is who has a membership interval over the epoch (rule 3).
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from samrum.home.devices.proof import Proven
from samrum.home.errors import KeysAway, RateLimited, SecondCopyAway
from samrum.home.keys import sealing, tables
from samrum.home.keys.copy import CopyAway, Kept, SecondCopy
from samrum.home.keys.folder import KeyFolder
from samrum.home.keys.root import RootAway
from samrum.home.ledger import actions as ledger
from samrum.home.ledger.chain import KeyMade
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx, before_commit
from samrum.wire import home_api, ids, jws
from samrum.wire.codes import Code
from samrum.wire.home_api import EpochKey, Keys, MediaBase, WantKeys
from samrum.wire.ids import KeyId, Pid, RoomId, TenantId
from samrum.wire.keys import DAY_SECONDS, commitment
from samrum.wire.statements import Epoch

PER_MINUTE: Final = 10_000
"""Keys that a person may ask for in a minute: ten full requests."""
COUNTS_KEPT: Final = 30 * 24
"""Hours."""
AT_ONCE: Final = 1000
"""Keys that are compared with the second place in one transaction."""


class EpochKeys:
    """Epoch keys and media bases."""

    def __init__(
        self, *, db: Transactions, clock: Clock, folder: KeyFolder, copy: SecondCopy, tenant: TenantId, log: Log
    ) -> None:
        self._db, self._clock, self._folder, self._copy, self._tenant = db, clock, folder, copy, tenant
        self._log = log
        self._asked: Counter[Pid] = Counter()
        self._minute = 0

    def new(self, tx: Tx, room: RoomId, epoch: int, retention: str, now: int) -> Epoch:
        """Makes the key of a room's new epoch and writes its commitment into the ledger.

        Raises `SecondCopyAway`, here or before the commit, if the key cannot be kept where it must be.
        """
        key, key_id = secrets.token_bytes(32), ids.new_key_id()
        month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        try:
            period = self._folder.period(month, retention)
        except RootAway as error:
            self._log.error("keys.root_away", error=error)
            raise KeysAway from None
        except OSError as error:
            self._log.error("keys.recovery_away", error=error)
            raise SecondCopyAway from None
        wrapped = sealing.wrap(period, key, sealing.aad(self._tenant, room, epoch, key_id))
        kc = jws.b64(commitment(key))
        tables.add(tx, room, tables.Row(epoch, key_id, kc, month, retention, wrapped, now, 1))
        before_commit(tx, self._keep, Kept(room, epoch, key_id, kc, month, retention, wrapped, now))
        ledger.append(tx, KeyMade(at=now, room=room, epoch=epoch, key_id=key_id, kc=kc))
        return Epoch(n=epoch, key_id=key_id, kc=kc)

    def _keep(self, rows: list[Kept]) -> None:
        try:
            self._copy.keep(rows)
        except CopyAway as error:
            self._log.error("keys.second_copy_away", error=error, keys=len(rows))
            raise SecondCopyAway from None

    async def copy_missing(self) -> None:
        """Puts what only the database holds at the second place too: keys of earlier versions, or all after the place was replaced."""
        try:
            there = await asyncio.to_thread(self._copy.ids)
            room, epoch = "", 0
            while rows := await self._db.read(lambda tx: tables.all_of(tx, room, epoch, AT_ONCE)):  # noqa: B023  awaited at once
                room, epoch = rows[-1][0], rows[-1][1].epoch
                missing = [Kept(of, *row[:-1]) for of, row in rows if row.key_id not in there]
                if missing:
                    await asyncio.to_thread(self._copy.keep, missing)
                    self._log.info("keys.copied", keys=len(missing))
                if fresh := [row.key_id for _, row in rows if not row.copied]:
                    await self._db.write(lambda tx: tables.copied(tx, fresh))
        except CopyAway as error:
            self._log.error("keys.second_copy_away", error=error)

    async def released(self, pid: Pid, wanted: WantKeys, proven: Proven) -> Keys:
        """The keys that a person's device asks for; raises `RateLimited` or `BadProof`."""
        now = self._clock.now()
        self._limit(pid, len(wanted.want) + len(wanted.media), now)

        def write(tx: Tx) -> Keys:
            proven.use(tx)
            return self.release(tx, pid, wanted.want, wanted.media, int(now))

        return await self._db.write(write)

    def release(self, tx: Tx, pid: Pid, want: Iterable[tuple[RoomId, int]], media: Iterable[RoomId], now: int) -> Keys:
        """The keys that belong to the person, and the refusals. The caller has checked session and proof."""
        found = Keys(keys=[], media=[], refused=[])
        counts: Counter[RoomId] = Counter()
        for room, epoch in dict.fromkeys(want):
            if not tables.entitled(tx, pid, room, epoch):
                found.refused.append(home_api.Refused(room=room, epoch=epoch, code=Code.NOT_ENTITLED))
            elif (row := tables.get(tx, room, epoch)) is None:
                found.refused.append(home_api.Refused(room=room, epoch=epoch, code=Code.NO_SUCH_EPOCH))
            elif not row.copied:
                found.refused.append(home_api.Refused(room=room, epoch=epoch, code=Code.SECOND_COPY_AWAY))
            elif (key := self._unwrap(room, row)) is None:
                found.refused.append(home_api.Refused(room=room, epoch=epoch, code=Code.KEYS_AWAY))
            else:
                found.keys.append(EpochKey(room=room, epoch=epoch, key_id=row.key_id, key=jws.b64(key)))
                counts[room] += 1
        for room in dict.fromkeys(media):
            current = tables.member_epoch(tx, pid, room)
            if current is None:
                found.refused.append(home_api.Refused(room=room, epoch=0, code=Code.NOT_ENTITLED))
            elif bases := self._bases(room, current, now):
                found.media.extend(bases)
            else:
                found.refused.append(home_api.Refused(room=room, epoch=current, code=Code.KEYS_AWAY))
        for room, number in counts.items():
            tables.count(tx, room, now // 3600, number)
        return found

    def current(self, tx: Tx, room: RoomId, epoch: int) -> tuple[KeyId, bytes] | None:
        """Id and key of an epoch, for what home itself writes there; `None` while it stands at one place only or the token is away."""
        row = tables.get(tx, room, epoch)
        key = self._unwrap(room, row) if row and row.copied else None
        return (row.key_id, key) if row and key else None

    def opening_key(self, tx: Tx, room: RoomId, epoch: int) -> tuple[KeyId, bytes] | None:
        """An epoch's key for home's own records; `None`: there is none such. Raises `KeysAway`."""
        row = tables.get(tx, room, epoch)
        if row is None:
            return None
        key = self._unwrap(room, row)
        if key is None:
            raise KeysAway
        return row.key_id, key

    def expire(self, tx: Tx, now: int) -> None:
        """Forgets old counts."""
        tables.expire_counts(tx, now // 3600 - COUNTS_KEPT)

    def destroy_days(self) -> int:
        """Destroys the media keys of days that are over; the day it is (days since 1970)."""
        today = int(self._clock.now()) // DAY_SECONDS
        if gone := self._folder.destroy_days(today):
            self._log.info("keys.days_destroyed", days=gone)
        return today

    async def destroy_days_for_ever(self) -> None:
        """`destroy_days` within a second of each midnight (UTC)."""
        done = -1
        while True:
            if int(self._clock.now()) // DAY_SECONDS != done:
                done = await asyncio.to_thread(self.destroy_days)
            await asyncio.sleep(1)

    def _limit(self, pid: Pid, number: int, now: float) -> None:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._asked.clear()
        if self._asked[pid] + number > PER_MINUTE:
            raise RateLimited(60 - now % 60)
        self._asked[pid] += number

    def _bases(self, room: RoomId, epoch: int, now: int) -> list[MediaBase]:
        """Of today and tomorrow; without tomorrow's, or none, while the token is away or the disk full that new days' keys need."""
        found: list[MediaBase] = []
        today = now // DAY_SECONDS
        try:
            for day in (today, today + 1):
                base = jws.b64(self._folder.media_base(room, epoch, day))
                found.append(MediaBase(room=room, epoch=epoch, day=day, base=base))
        except (RootAway, OSError) as error:
            self._log.error("keys.root_away", error=error)
        return found

    def _unwrap(self, room: RoomId, row: tables.Row) -> bytes | None:
        """The key; `None` while the token that opens its period key is away."""
        try:
            period = self._folder.period(row.month, row.retention)
        except RootAway as error:
            self._log.error("keys.root_away", error=error)
            return None
        return sealing.unwrap(period, row.wrapped, sealing.aad(self._tenant, room, row.epoch, row.key_id))
