"""All SQL of messages, sequences and read positions."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from samrum.plumbing.transactions import Prepared, Row, Tx
from samrum.relay.schema import members, messages, reads, rooms, sequences
from samrum.wire import ids
from samrum.wire.ids import Dev, MsgId, Pid, RoomId, TenantId


class Place(NamedTuple):
    """A room as one device of one person finds it: all that decides whether it may write there."""

    tenant: TenantId
    pos: int
    epoch: int
    key_id: str
    earlier_key_id: str | None
    earlier_until: int | None
    post: str
    role: str | None
    """`None`: not a member."""
    until: int | None
    seq: int
    """The device's last sequence number; 0: none."""
    read: int
    """The person's read position; 0: none."""


class Target(NamedTuple):
    """A stored message that another one refers to, or whose thread it is in."""

    room: RoomId
    pid: Pid
    kind: int
    thread: bytes | None
    ref: bytes | None


class Stored(NamedTuple):
    """A stored message."""

    room: RoomId
    pid: Pid
    dev: Dev
    pos: int
    envelope: bytes


def _values(*names: str) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name) for name in names}


_PLACE = Prepared(
    sa.select(
        rooms.c.tenant,
        rooms.c.pos,
        rooms.c.epoch,
        rooms.c.key_id,
        rooms.c.earlier_key_id,
        rooms.c.earlier_until,
        rooms.c.post,
        members.c.role,
        members.c.until,
        sa.func.coalesce(sequences.c.seq, 0),
        sa.func.coalesce(reads.c.pos, 0),
    )
    .select_from(rooms)
    .outerjoin(members, sa.and_(members.c.room == rooms.c.room, members.c.pid == sa.bindparam("pid")))
    .outerjoin(sequences, sa.and_(sequences.c.room == rooms.c.room, sequences.c.dev == sa.bindparam("dev")))
    .outerjoin(reads, sa.and_(reads.c.room == rooms.c.room, reads.c.pid == sa.bindparam("pid")))
    .where(rooms.c.room == sa.bindparam("room"))
)
_STORED = Prepared(
    sa.select(messages.c.room, messages.c.pid, messages.c.dev, messages.c.pos, messages.c.envelope).where(
        messages.c.msg_id == sa.bindparam("msg_id")
    )
)
_TARGET = Prepared(
    sa.select(messages.c.room, messages.c.pid, messages.c.kind, messages.c.thread, messages.c.ref).where(
        messages.c.msg_id == sa.bindparam("msg_id")
    )
)
_REFERRED = Prepared(
    sa.select(sa.func.count())
    .select_from(messages)
    .where(
        messages.c.ref == sa.bindparam("ref"),
        messages.c.pid == sa.bindparam("pid"),
        messages.c.kind == sa.bindparam("of_kind"),
    )
)
_PUT_MESSAGE = Prepared(
    sa.insert(messages).values(_values("room", "pos", "msg_id", "pid", "dev", "kind", "thread", "ref", "envelope"))
)
_SEQUENCE = insert(sequences).values(_values("room", "dev", "seq", "pos"))
_PUT_SEQUENCE = Prepared(
    _SEQUENCE.on_conflict_do_update(
        index_elements=["room", "dev"], set_={"seq": _SEQUENCE.excluded.seq, "pos": _SEQUENCE.excluded.pos}
    )
)
_PUT_POS = Prepared(sa.update(rooms).where(rooms.c.room == sa.bindparam("of")).values(pos=sa.bindparam("to")))
_READ = insert(reads).values(_values("room", "pid", "pos", "n"))
_PUT_READ = Prepared(
    _READ.on_conflict_do_update(index_elements=["room", "pid"], set_={"pos": _READ.excluded.pos, "n": _READ.excluded.n})
)
_LAST_READ = Prepared(sa.select(sa.func.coalesce(sa.func.max(reads.c.n), 0)))

_END = (1 << 63) - 1
_PAGE = sa.select(messages.c.pos, messages.c.envelope).where(messages.c.room == sa.bindparam("room"))
_PAGE = _PAGE.limit(sa.bindparam("most"))
_UPWARDS = Prepared(_PAGE.where(messages.c.pos > sa.bindparam("after")).order_by(messages.c.pos))
_DOWNWARDS = Prepared(_PAGE.where(messages.c.pos < sa.bindparam("before")).order_by(messages.c.pos.desc()))
_AROUND = Prepared(
    sa.select(messages.c.pos).where(
        messages.c.room == sa.bindparam("room"), messages.c.msg_id == sa.bindparam("msg_id")
    )
)
_REFS = (
    sa.select(messages.c.pos, messages.c.envelope)
    .where(
        messages.c.room == sa.bindparam("room"),
        messages.c.ref.in_(sa.bindparam("of", expanding=True)),
        messages.c.pos > sa.bindparam("after"),
    )
    .order_by(messages.c.pos)
    .limit(sa.bindparam("most"))
)
_IN_THREAD = sa.union_all(
    *(
        sa.select(messages.c.n).where(
            messages.c.room == sa.bindparam("room"), one, messages.c.pos < sa.bindparam("before")
        )
        for one in (
            messages.c.thread == sa.bindparam("root"),
            messages.c.ref == sa.bindparam("root"),
            messages.c.msg_id == sa.bindparam("msg_id"),
        )
    )
)
_THREAD = Prepared(
    sa.select(messages.c.pos, messages.c.envelope)
    .where(messages.c.n.in_(_IN_THREAD))
    .order_by(messages.c.pos.desc())
    .limit(sa.bindparam("most"))
)
_MEMBERS = Prepared(sa.select(sa.func.count()).select_from(members).where(members.c.room == sa.bindparam("room")))
_READS = Prepared(
    sa.select(reads.c.pid, reads.c.pos)
    .join(members, sa.and_(members.c.room == reads.c.room, members.c.pid == reads.c.pid))
    .where(reads.c.room == sa.bindparam("room"))
)
_LAST = Prepared(
    sa.select(messages.c.envelope)
    .join(sequences, sa.and_(sequences.c.room == messages.c.room, sequences.c.pos == messages.c.pos))
    .where(sequences.c.room == sa.bindparam("room"), sequences.c.dev == sa.bindparam("dev"))
)


def place(tx: Tx, room: RoomId, pid: Pid, dev: Dev) -> Place | None:
    """The room as this device of this person finds it; `None` if there is no such room."""
    row = _PLACE.row(tx, {"room": room, "pid": pid, "dev": dev})
    return Place._make(row) if row else None


def stored(tx: Tx, msg_id: MsgId) -> Stored | None:
    """The message that is stored already under this id."""
    row = _STORED.row(tx, {"msg_id": msg_id})
    return Stored._make(row) if row else None


def target(tx: Tx, msg_id: MsgId) -> Target | None:
    """The stored message of this id, as far as another one that refers to it is concerned."""
    row = _TARGET.row(tx, {"msg_id": msg_id})
    return Target._make(row) if row else None


def referred(tx: Tx, ref: bytes, pid: Pid, kind: int) -> int:
    """How many envelopes of this kind by this person refer to a message."""
    row = _REFERRED.row(tx, {"ref": ref, "pid": pid, "of_kind": kind})
    return int(row[0]) if row else 0


def put_messages(tx: Tx, rows: list[dict[str, object]]) -> None:
    """Stores messages."""
    _PUT_MESSAGE.run(tx, rows)


def put_sequences(tx: Tx, last: dict[tuple[RoomId, Dev], tuple[int, int]]) -> None:
    """Remembers each device's last sequence number and its position."""
    _PUT_SEQUENCE.run(tx, [{"room": r, "dev": d, "seq": s, "pos": p} for (r, d), (s, p) in last.items()])


def put_positions(tx: Tx, heads: dict[RoomId, int]) -> None:
    """Remembers each room's last position."""
    _PUT_POS.run(tx, [{"of": room, "to": pos} for room, pos in heads.items()])


def put_reads(tx: Tx, marks: dict[tuple[RoomId, Pid], int]) -> None:
    """Moves read positions, and gives each move the next number."""
    row = _LAST_READ.row(tx, {})
    last = int(row[0]) if row else 0
    rows = enumerate(marks.items(), last + 1)
    _PUT_READ.run(tx, [{"room": room, "pid": pid, "pos": pos, "n": n} for n, ((room, pid), pos) in rows])


def page(tx: Tx, room: RoomId, *, before: int | None, after: int | None, limit: int) -> Iterable[Row]:
    """`(pos, envelope)` from `after` upwards, or from `before` (or the end) downwards."""
    if after is not None:
        return _UPWARDS.rows(tx, {"room": room, "after": after, "most": limit})
    return _DOWNWARDS.rows(tx, {"room": room, "before": _END if before is None else before, "most": limit})


def last_of_device(tx: Tx, room: RoomId, dev: Dev) -> bytes | None:
    """The newest stored envelope of a device in a room."""
    row = _LAST.row(tx, {"room": room, "dev": dev})
    return row[0] if row else None


def position(tx: Tx, room: RoomId, msg_id: MsgId) -> int | None:
    """Where in the room a message stands."""
    row = _AROUND.row(tx, {"room": room, "msg_id": msg_id})
    return int(row[0]) if row else None


def refs(tx: Tx, room: RoomId, of: list[bytes], after: int, most: int) -> Iterable[sa.Row[Any]]:
    """`(pos, envelope)` of what refers to these messages, from `after` upwards, read row by row."""
    return tx.execute(_REFS, {"room": room, "of": of, "after": after, "most": most})


def thread(tx: Tx, room: RoomId, root: MsgId, *, before: int | None, most: int) -> Iterable[Row]:
    """`(pos, envelope)` of a thread's root, its replies and what refers to them, from `before` (or the end) downwards."""
    values = {"room": room, "root": ids.raw(root, "m"), "msg_id": root, "before": _END if before is None else before}
    return _THREAD.rows(tx, {**values, "most": most})


def member_count(tx: Tx, room: RoomId) -> int:
    """How many members the room has."""
    row = _MEMBERS.row(tx, {"room": room})
    return int(row[0]) if row else 0


def read_positions(tx: Tx, room: RoomId) -> dict[Pid, int]:
    """How far each of the room's members has read; who has not is left out."""
    return {Pid(pid): pos for pid, pos in _READS.rows(tx, {"room": room})}
