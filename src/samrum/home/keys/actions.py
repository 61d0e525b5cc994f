"""Making epoch keys, and releasing them to whom they belong.

An epoch key is 32 random bytes, wrapped by AES-256-GCM under its period key (tenant, month, retention class); AAD =
"samrum/epoch/1" | tenant | room | epoch u32 | key id. It is durable before it is first released: releases read the database.
Entitled is who has a membership interval over the epoch (rule 3).
"""

import secrets
import struct
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.home.devices.proof import Proven
from samrum.home.errors import RateLimited
from samrum.home.keys import tables
from samrum.home.keys.folder import KeyFolder
from samrum.home.ledger import actions as ledger
from samrum.home.ledger.chain import KeyMade
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import home_api, ids, jws
from samrum.wire.codes import Code
from samrum.wire.home_api import EpochKey, Keys, MediaBase, WantKeys
from samrum.wire.ids import KeyId, Pid, RoomId, TenantId
from samrum.wire.keys import DAY_SECONDS, commitment, media_base
from samrum.wire.statements import Epoch

PER_MINUTE: Final = 10_000
"""Keys that a person may ask for in a minute: ten full requests."""
COUNTS_KEPT: Final = 30 * 24
"""Hours."""


class EpochKeys:
    """Epoch keys and media bases."""

    def __init__(self, *, db: Transactions, clock: Clock, folder: KeyFolder, tenant: TenantId) -> None:
        self._db, self._clock, self._folder, self._tenant = db, clock, folder, tenant
        self._asked: Counter[Pid] = Counter()
        self._minute = 0

    def new(self, tx: Tx, room: RoomId, epoch: int, retention: str, now: int) -> Epoch:
        """Makes the key of a room's new epoch and writes its commitment into the ledger."""
        key, key_id, nonce = secrets.token_bytes(32), ids.new_key_id(), secrets.token_bytes(12)
        month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        cipher = AESGCM(self._folder.period(month, retention))
        wrapped = jws.b64(nonce + cipher.encrypt(nonce, key, self._aad(room, epoch, key_id)))
        kc = jws.b64(commitment(key))
        tables.add(tx, room, tables.Row(epoch, key_id, kc, month, retention, wrapped, now))
        ledger.append(tx, KeyMade(at=now, room=room, epoch=epoch, key_id=key_id, kc=kc))
        return Epoch(n=epoch, key_id=key_id, kc=kc)

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
            elif row := tables.get(tx, room, epoch):
                found.keys.append(
                    EpochKey(room=room, epoch=epoch, key_id=row.key_id, key=jws.b64(self._unwrap(room, row)))
                )
                counts[room] += 1
            else:
                found.refused.append(home_api.Refused(room=room, epoch=epoch, code=Code.NO_SUCH_EPOCH))
        for room in dict.fromkeys(media):
            current = tables.member_epoch(tx, pid, room)
            if current is None:
                found.refused.append(home_api.Refused(room=room, epoch=0, code=Code.NOT_ENTITLED))
            else:
                found.media.extend(self._bases(room, current, now))
        for room, number in counts.items():
            tables.count(tx, room, now // 3600, number)
        return found

    def expire(self, tx: Tx, now: int) -> None:
        """Forgets old counts, and destroys media keys of days that are over."""
        tables.expire_counts(tx, now // 3600 - COUNTS_KEPT)
        self._folder.destroy_days(now // DAY_SECONDS)

    def _limit(self, pid: Pid, number: int, now: float) -> None:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._asked.clear()
        if self._asked[pid] + number > PER_MINUTE:
            raise RateLimited(60 - now % 60)
        self._asked[pid] += number

    def _bases(self, room: RoomId, epoch: int, now: int) -> list[MediaBase]:
        today = now // DAY_SECONDS
        return [
            MediaBase(
                room=room, epoch=epoch, day=day, base=jws.b64(media_base(self._folder.day(day), room, epoch, day))
            )
            for day in (today, today + 1)
        ]

    def _unwrap(self, room: RoomId, row: tables.Row) -> bytes:
        data = jws.unb64(row.wrapped)
        cipher = AESGCM(self._folder.period(row.month, row.retention))
        return cipher.decrypt(data[:12], data[12:], self._aad(room, row.epoch, row.key_id))

    def _aad(self, room: RoomId, epoch: int, key_id: KeyId) -> bytes:
        return b"".join(
            [
                b"samrum/epoch/1",
                ids.raw(self._tenant, "t"),
                ids.raw(room, "r"),
                struct.pack(">I", epoch),
                ids.raw(key_id, "k"),
            ]
        )
