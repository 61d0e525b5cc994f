"""SQL of epoch keys (wrapped) and of the counts of releases."""

from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import KeyId, Pid, RoomId
from samrum.wire.statements import Epoch

_ADD = sa.text(
    "INSERT INTO epoch_key (room, epoch, key_id, kc, month, retention, wrapped, created, copied) "
    "VALUES (:room, :epoch, :key_id, :kc, :month, :retention, :wrapped, :created, :copied)"
)
_GET = sa.text(
    "SELECT epoch, key_id, kc, month, retention, wrapped, created, copied FROM epoch_key "
    "WHERE room = :room AND epoch = :epoch"
)
_ALL = sa.text(
    "SELECT room, epoch, key_id, kc, month, retention, wrapped, created, copied FROM epoch_key "
    "WHERE (room, epoch) > (:room, :epoch) ORDER BY room, epoch LIMIT :limit"
)
_COPIED = sa.text("UPDATE epoch_key SET copied = 1 WHERE key_id = :key_id AND copied = 0")
_ENTITLED = sa.text(
    "SELECT 1 FROM membership WHERE room = :room AND pid = :pid AND from_epoch <= :epoch "
    "AND (to_epoch IS NULL OR to_epoch >= :epoch) LIMIT 1"
)
_INTERVALS = sa.text("SELECT room, from_epoch, to_epoch FROM membership WHERE pid = :pid")
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
    "LEFT JOIN key_use u ON u.room = r.room AND u.epoch = r.epoch "
    "WHERE k.created <= :before OR u.last - u.first >= :most LIMIT :limit"
)
_USED = sa.text(
    "INSERT INTO key_use (room, epoch, first, last) SELECT room, epoch, 0, :pos FROM room WHERE room = :room "
    "ON CONFLICT (room) DO UPDATE SET last = excluded.last, epoch = excluded.epoch, "
    "first = CASE WHEN key_use.epoch = excluded.epoch THEN key_use.first ELSE key_use.last END"
)
_CURSOR = sa.text("SELECT cursor FROM key_use_cursor")
_MOVE = sa.text("UPDATE key_use_cursor SET cursor = :cursor")
MOST_MESSAGES = 50_000
"""A key is used for no more; counted each minute."""


class Row(NamedTuple):
    """One wrapped key."""

    epoch: int
    key_id: KeyId
    kc: str
    month: str
    retention: str
    wrapped: str
    created: int
    copied: int
    """1 once it stands at the second place too."""

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


def intervals(tx: Tx, pid: Pid) -> list[tuple[RoomId, int, int | None]]:
    """Room, first and last epoch of all that a person is entitled to; without a last one: still is."""
    return [(row.room, row.from_epoch, row.to_epoch) for row in tx.execute(_INTERVALS, {"pid": pid})]


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
    """Rooms whose key was made at `before` or earlier (seconds since 1970), or has sealed `MOST_MESSAGES`."""
    found = tx.execute(_OLD, {"before": before, "most": MOST_MESSAGES, "limit": limit})
    return [row.room for row in found]


def used(tx: Tx, positions: dict[RoomId, int], cursor: int) -> None:
    """How far rooms have come at relay, by its log up to `cursor`. A new epoch counts from where the last one was seen, a first one from 0."""
    if positions:
        tx.execute(_USED, [{"room": room, "pos": pos} for room, pos in positions.items()])
    tx.execute(_MOVE, {"cursor": cursor})


def use_cursor(tx: Tx) -> int:
    """How far relay's log was counted."""
    return int(tx.execute(_CURSOR).scalar_one())


def all_of(tx: Tx, room: str, epoch: int, limit: int) -> list[tuple[RoomId, Row]]:
    """Keys after a room's epoch, by room and epoch; to go through all from `"", 0`."""
    found = tx.execute(_ALL, {"room": room, "epoch": epoch, "limit": limit})
    return [(row[0], Row(*row[1:])) for row in found]


def copied(tx: Tx, key_ids: list[KeyId]) -> None:
    """These keys stand at the second place."""
    tx.execute(_COPIED, [{"key_id": key_id} for key_id in key_ids])
