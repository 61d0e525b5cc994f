"""SQL of rooms' pictures."""

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import RoomId

_GET = sa.text("SELECT kind, bytes FROM room_picture WHERE room = :room")
_DROP = sa.text("DELETE FROM room_picture WHERE room = :room")
_ADD = sa.text("INSERT INTO room_picture (room, kind, bytes) VALUES (:room, :kind, :bytes)")


def get(tx: Tx, room: RoomId) -> tuple[str, bytes] | None:
    """Media type and bytes of a room's picture."""
    row = tx.execute(_GET, {"room": room}).first()
    return (row.kind, row.bytes) if row else None


def put(tx: Tx, room: RoomId, kind: str, data: bytes) -> None:
    """The room's picture from now on."""
    drop(tx, room)
    tx.execute(_ADD, {"room": room, "kind": kind, "bytes": data})


def drop(tx: Tx, room: RoomId) -> None:
    """The room has none."""
    tx.execute(_DROP, {"room": room})
