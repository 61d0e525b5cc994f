"""SQL of epoch keys (wrapped) and of the counts of releases."""

from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import KeyId, Pid, RoomId
from samrum.wire.statements import Epoch

_ADD = sa.text(
    "INSERT INTO epoch_key (room, epoch, key_id, kc, month, retention, wrapped, created) "
    "VALUES (:room, :epoch, :key_id, :kc, :month, :retention, :wrapped, :created)"
)
_GET = sa.text(
    "SELECT epoch, key_id, kc, month, retention, wrapped, created FROM epoch_key WHERE room = :room AND epoch = :epoch"
)
_ENTITLED = sa.text(
    "SELECT 1 FROM membership WHERE room = :room AND pid = :pid AND from_epoch <= :epoch "
    "AND (to_epoch IS NULL OR to_epoch >= :epoch) LIMIT 1"
)
_MEMBER_EPOCH = sa.text(
    "SELECT r.epoch FROM room r JOIN member m ON m.room = r.room WHERE r.room = :room AND m.pid = :pid"
)
_COUNT = sa.text(
    "INSERT INTO released (room, hour, count) VALUES (:room, :hour, :count) "
    "ON CONFLICT (room, hour) DO UPDATE SET count = released.count + excluded.count"
)
_EXPIRE = sa.text("DELETE FROM released WHERE hour < :hour")
_OLD = sa.text(
    "SELECT r.room FROM room r JOIN epoch_key k ON k.room = r.room AND k.epoch = r.epoch "
    "WHERE k.created <= :before LIMIT :limit"
)


class Row(NamedTuple):
    """One wrapped key."""

    epoch: int
    key_id: KeyId
    kc: str
    month: str
    retention: str
    wrapped: str
    created: int

    def statement(self) -> Epoch:
        """What rosters say of it."""
        return Epoch(n=self.epoch, key_id=self.key_id, kc=self.kc)


def add(tx: Tx, room: RoomId, row: Row) -> None:
    """Keeps a new epoch's key."""
    tx.execute(_ADD, {"room": room, **row._asdict()})


def get(tx: Tx, room: RoomId, epoch: int) -> Row | None:
    """The key of an epoch."""
    row = tx.execute(_GET, {"room": room, "epoch": epoch}).first()
    return Row(*row) if row else None


def entitled(tx: Tx, pid: Pid, room: RoomId, epoch: int) -> bool:
    """Whether one of the person's membership intervals covers the epoch."""
    return tx.execute(_ENTITLED, {"room": room, "pid": pid, "epoch": epoch}).first() is not None


def member_epoch(tx: Tx, pid: Pid, room: RoomId) -> int | None:
    """The room's current epoch, if the person is in it now."""
    epoch: int | None = tx.execute(_MEMBER_EPOCH, {"room": room, "pid": pid}).scalar()
    return epoch


def count(tx: Tx, room: RoomId, hour: int, number: int) -> None:
    """Adds to a room's releases of an hour."""
    tx.execute(_COUNT, {"room": room, "hour": hour, "count": number})


def expire_counts(tx: Tx, hour: int) -> None:
    """Forgets counts before an hour."""
    tx.execute(_EXPIRE, {"hour": hour})


def old(tx: Tx, before: int, limit: int) -> list[RoomId]:
    """Rooms whose key was made at `before` or earlier (seconds since 1970)."""
    return [row.room for row in tx.execute(_OLD, {"before": before, "limit": limit})]
