"""What mail knows of messages: from home's records (`records/`)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from samrum.home.errors import KeysAway
from samrum.home.keys.actions import EpochKeys
from samrum.home.mail.actions import News, Noted
from samrum.home.mail.digest import Waiting
from samrum.home.records import tables
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import aead, content, envelope
from samrum.wire.content import CallWord
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import Pid, RoomId

AT_ONCE: Final = 500
TAKEN: Final = {CallWord.ANSWERED, CallWord.DECLINED}
"""Last words of a call that nobody missed."""


class FromRecords:
    """Home's records, as mail needs them (`actions.Records`)."""

    def __init__(self, *, db: Transactions, records: Transactions, keys: EpochKeys) -> None:
        """`db` is home's database, `records` the records' own."""
        self._db, self._records, self._keys = db, records, keys

    async def news(self, after: int) -> News:
        """What was noted after a cursor, in order; 0: from the beginning."""

        def read(tx: Tx) -> tuple[list[tables.Noted], int]:
            return tables.noted(tx, after, AT_ONCE), tables.progress(tx).indexed

        rows, indexed = await self._records.read(read)
        more = len(rows) == AT_ONCE
        noted = [
            Noted(
                row.room,
                row.pos,
                row.at,
                row.pid,
                call=row.kind == EnvelopeKind.CALL,
                mentions=msgspec.json.decode(row.mentions, type=list[Pid]),
                everybody=bool(row.everyone),
            )
            for row in rows
        ]
        return News(rows[-1].n if more else max(after, indexed), noted, more)

    async def missed(self, pid: Pid, things: Sequence[Waiting]) -> set[tuple[RoomId, int]]:
        """Those that are still there and unread, and calls that the person has not answered."""

        def read(tx: Tx) -> set[tuple[RoomId, int]]:
            found = set()
            for room in {one.room for one in things}:
                words = tables.still_unread(tx, pid, room, [one.pos for one in things if one.room == room])
                found |= {(room, pos) for pos, word in words.items() if word not in TAKEN}
            return found

        return await self._records.read(read)

    async def read(self, pid: Pid, of: Sequence[RoomId]) -> dict[RoomId, int]:
        """How far the person has read."""
        return await self._records.read(lambda tx: tables.read_by(tx, pid, of))

    async def texts(self, things: Sequence[Waiting]) -> dict[tuple[RoomId, int], str]:
        """What these messages say; without those that cannot be opened now."""
        sealed = await self._records.read(
            lambda tx: {(one.room, one.pos): tables.sealed_at(tx, one.room, one.pos) for one in things}
        )
        return await self._db.read(
            lambda tx: {place: self._text(tx, place[0], data) for place, data in sealed.items() if data}
        )

    def _text(self, tx: Tx, room: RoomId, data: bytes) -> str:
        """The text of an envelope that the records have verified."""
        found = envelope.parse(data)
        try:
            key = self._keys.opening_key(tx, room, found.epoch)
            return content.unpad(envelope.open_content(found, key[1])).t if key else ""
        except (KeysAway, aead.CannotOpen, content.BadContent):
            return ""
