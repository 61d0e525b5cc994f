"""All SQL of messages, sequences and read positions."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from samrum.plumbing.transactions import Tx
from samrum.relay.schema import members, messages, reads, rooms, sequences
from samrum.wire.ids import Dev, RoomId

Row = sa.Row[Any]

_ROOMS = sa.select(rooms).where(rooms.c.room.in_(sa.bindparam("rooms", expanding=True)))
_MEMBERS = sa.select(members).where(
    members.c.room.in_(sa.bindparam("rooms", expanding=True)), members.c.pid.in_(sa.bindparam("pids", expanding=True))
)
_SEQUENCES = sa.select(sequences).where(
    sequences.c.room.in_(sa.bindparam("rooms", expanding=True)),
    sequences.c.dev.in_(sa.bindparam("devs", expanding=True)),
)
_STORED = sa.select(messages).where(messages.c.msg_id.in_(sa.bindparam("ids", expanding=True)))
_PUT_SEQUENCE = insert(sequences)
_PUT_SEQUENCE = _PUT_SEQUENCE.on_conflict_do_update(
    index_elements=["room", "dev"], set_={"seq": _PUT_SEQUENCE.excluded.seq, "pos": _PUT_SEQUENCE.excluded.pos}
)
_PUT_POS = sa.update(rooms).where(rooms.c.room == sa.bindparam("of")).values(pos=sa.bindparam("to"))
_PUT_READ = insert(reads)
_PUT_READ = _PUT_READ.on_conflict_do_update(index_elements=["room", "pid"], set_={"pos": _PUT_READ.excluded.pos})
_READS = sa.select(reads).where(
    reads.c.room.in_(sa.bindparam("rooms", expanding=True)), reads.c.pid.in_(sa.bindparam("pids", expanding=True))
)

_END = (1 << 63) - 1
_PAGE = sa.select(messages.c.pos, messages.c.envelope).where(messages.c.room == sa.bindparam("room"))
_PAGE = _PAGE.limit(sa.bindparam("most"))
_UPWARDS = _PAGE.where(messages.c.pos > sa.bindparam("after")).order_by(messages.c.pos)
_DOWNWARDS = _PAGE.where(messages.c.pos < sa.bindparam("before")).order_by(messages.c.pos.desc())


def rooms_by_id(tx: Tx, wanted: Iterable[str]) -> dict[str, Row]:
    """The rooms of these ids."""
    return {row.room: row for row in tx.execute(_ROOMS, {"rooms": list(wanted)})}


def memberships(tx: Tx, wanted: Iterable[str], pids: Iterable[str]) -> dict[tuple[str, str], Row]:
    """`(role, until)` by room and person."""
    found = tx.execute(_MEMBERS, {"rooms": list(wanted), "pids": list(pids)})
    return {(row.room, row.pid): row for row in found}


def last_sequences(tx: Tx, wanted: Iterable[str], devs: Iterable[str]) -> dict[tuple[str, str], int]:
    """The last sequence number by room and device."""
    found = tx.execute(_SEQUENCES, {"rooms": list(wanted), "devs": list(devs)})
    return {(row.room, row.dev): row.seq for row in found}


def stored(tx: Tx, msg_ids: Iterable[str]) -> dict[str, Row]:
    """The messages that are stored already under these ids."""
    return {row.msg_id: row for row in tx.execute(_STORED, {"ids": list(msg_ids)})}


def put_messages(tx: Tx, rows: list[dict[str, object]]) -> None:
    """Stores messages."""
    tx.execute(sa.insert(messages), rows)


def put_sequences(tx: Tx, last: dict[tuple[str, str], tuple[int, int]]) -> None:
    """Remembers each device's last sequence number and its position."""
    tx.execute(_PUT_SEQUENCE, [{"room": r, "dev": d, "seq": s, "pos": p} for (r, d), (s, p) in last.items()])


def put_positions(tx: Tx, heads: dict[str, int]) -> None:
    """Remembers each room's last position."""
    tx.execute(_PUT_POS, [{"of": room, "to": pos} for room, pos in heads.items()])


def read_positions(tx: Tx, wanted: Iterable[str], pids: Iterable[str]) -> dict[tuple[str, str], int]:
    """Read positions by room and person."""
    found = tx.execute(_READS, {"rooms": list(wanted), "pids": list(pids)})
    return {(row.room, row.pid): row.pos for row in found}


def put_reads(tx: Tx, marks: dict[tuple[str, str], int]) -> None:
    """Moves read positions."""
    tx.execute(_PUT_READ, [{"room": room, "pid": pid, "pos": pos} for (room, pid), pos in marks.items()])


def page(tx: Tx, room: RoomId, *, before: int | None, after: int | None, limit: int) -> Iterable[Row]:
    """`(pos, envelope)` from `after` upwards, or from `before` (or the end) downwards."""
    if after is not None:
        return tx.execute(_UPWARDS, {"room": room, "after": after, "most": limit})
    return tx.execute(_DOWNWARDS, {"room": room, "before": _END if before is None else before, "most": limit})


def last_of_device(tx: Tx, room: RoomId, dev: Dev) -> bytes | None:
    """The newest stored envelope of a device in a room."""
    found: bytes | None = tx.scalar(
        sa.select(messages.c.envelope)
        .join(sequences, sa.and_(sequences.c.room == messages.c.room, sequences.c.pos == messages.c.pos))
        .where(sequences.c.room == room, sequences.c.dev == dev)
    )
    return found
