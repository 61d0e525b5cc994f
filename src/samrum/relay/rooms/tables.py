"""All SQL of rooms, rosters, members and read positions."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from samrum.plumbing.transactions import Prepared, Tx
from samrum.relay.schema import members, messages, outs, reads, rooms, rosters
from samrum.wire.chain import Member, RoomState
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.statements import Epoch, OutEntry, Policy, Role

Row = sa.Row[Any]


class Mine(NamedTuple):
    """A room that a person is in."""

    room: RoomId
    pos: int
    version: int
    until: int | None
    """When the membership ends."""
    read: int
    """The person's read position; 0: none."""


_MEMBER_LIST = sa.select(members).where(members.c.room.in_(sa.bindparam("rooms", expanding=True)))
_ROOMS_OF = Prepared(
    sa.select(rooms.c.room, rooms.c.pos, rooms.c.version, members.c.until, sa.func.coalesce(reads.c.pos, 0))
    .select_from(members)
    .join(rooms, rooms.c.room == members.c.room)
    .outerjoin(reads, sa.and_(reads.c.room == members.c.room, reads.c.pid == members.c.pid))
    .where(members.c.pid == sa.bindparam("pid"), rooms.c.tenant == sa.bindparam("tenant"))
)
_UNREAD = Prepared(
    sa.select(sa.func.count()).select_from(
        sa.select(messages.c.pos)
        .where(
            messages.c.room == sa.bindparam("room"),
            messages.c.pos > sa.bindparam("after"),
            # An answer to a call refers to its ring; the ring itself counts.
            sa.or_(
                messages.c.kind == int(EnvelopeKind.MESSAGE),
                sa.and_(messages.c.kind == int(EnvelopeKind.CALL), messages.c.ref.is_(None)),
            ),
            messages.c.pid != sa.bindparam("pid"),
        )
        .limit(sa.bindparam("most"))
        .subquery()
    )
)
_MEMBER = Prepared(
    sa.select(members.c.role, members.c.until)
    .join(rooms, rooms.c.room == members.c.room)
    .where(
        members.c.room == sa.bindparam("room"),
        members.c.pid == sa.bindparam("pid"),
        rooms.c.tenant == sa.bindparam("tenant"),
    )
)


def room_state(tx: Tx, room: RoomId) -> RoomState | None:
    """The room as the last roster left it, with all members."""
    row = tx.execute(sa.select(rooms).where(rooms.c.room == room)).first()
    if row is None:
        return None
    people = tx.execute(sa.select(members).where(members.c.room == room))
    return RoomState(
        TenantId(row.tenant),
        room,
        row.version,
        row.head,
        Epoch(n=row.epoch, key_id=row.key_id, kc=row.kc),
        Policy(kind=row.kind, history=row.history, post=row.post),
        {Pid(one.pid): Member(Role(one.role), one.until) for one in people},
    )


def roster_jws(tx: Tx, room: RoomId, version: int) -> str | None:
    """The stored roster of that version, verbatim."""
    found: str | None = tx.scalar(sa.select(rosters.c.jws).where(rosters.c.room == room, rosters.c.version == version))
    return found


def put_room(tx: Tx, state: RoomState, earlier: tuple[str, int] | None) -> None:
    """Makes the room row or brings it to `state`; `earlier` is the previous epoch's key and how long it is accepted."""
    assert state.epoch is not None
    assert state.policy is not None
    values = {
        "version": state.version,
        "head": state.head,
        "epoch": state.epoch.n,
        "key_id": state.epoch.key_id,
        "kc": state.epoch.kc,
        "earlier_key_id": earlier[0] if earlier else None,
        "earlier_until": earlier[1] if earlier else None,
        "kind": state.policy.kind,
        "history": state.policy.history,
        "post": state.policy.post,
    }
    if state.version == 1:
        tx.execute(sa.insert(rooms), {"room": state.room, "tenant": state.tenant, "pos": 0, **values})
    else:
        tx.execute(sa.update(rooms).where(rooms.c.room == state.room), values)


def earlier_key(tx: Tx, room: RoomId) -> tuple[str, int] | None:
    """The previous epoch's key that is still accepted, and until when."""
    row = tx.execute(sa.select(rooms.c.earlier_key_id, rooms.c.earlier_until).where(rooms.c.room == room)).first()
    return (row.earlier_key_id, row.earlier_until) if row and row.earlier_key_id else None


def put_roster(tx: Tx, room: RoomId, version: int, jws: str) -> None:
    """Stores a roster verbatim."""
    tx.execute(sa.insert(rosters), {"room": room, "version": version, "jws": jws})


def put_members(tx: Tx, room: RoomId, entries: Iterable[tuple[Pid, Member]]) -> None:
    """Adds members or changes their role and end."""
    rows = [{"room": room, "pid": pid, "role": str(one.role), "until": one.until} for pid, one in entries]
    if rows:
        put = insert(members)
        tx.execute(
            put.on_conflict_do_update(
                index_elements=["room", "pid"], set_={"role": put.excluded.role, "until": put.excluded.until}
            ),
            rows,
        )


def remove_members(tx: Tx, room: RoomId, pids: list[Pid]) -> None:
    """Takes people out of a room."""
    if pids:
        tx.execute(sa.delete(members).where(members.c.room == room, members.c.pid.in_(pids)))


def member_list(tx: Tx, rooms_: Iterable[RoomId]) -> list[Row]:
    """`(room, pid, role, until)` of all members of these rooms."""
    return list(tx.execute(_MEMBER_LIST, {"rooms": list(rooms_)}))


def rooms_of(tx: Tx, tenant: TenantId, pid: Pid) -> list[Mine]:
    """Every room that the person is in; ended memberships included."""
    return [Mine._make(row) for row in _ROOMS_OF.rows(tx, {"tenant": tenant, "pid": pid})]


def unread(tx: Tx, room: RoomId, pid: Pid, after: int, most: int) -> int:
    """How many messages and rings by others stand after a position; counts no further than `most`."""
    row = _UNREAD.row(tx, {"room": room, "pid": pid, "after": after, "most": most})
    return row[0] if row else 0


def member(tx: Tx, tenant: TenantId, room: RoomId, pid: Pid) -> Member | None:
    """A member of a room of that tenant; its membership may have ended."""
    row = _MEMBER.row(tx, {"tenant": tenant, "room": room, "pid": pid})
    return Member(*row) if row else None


def post_of(tx: Tx, room: RoomId) -> str:
    """The least role that may write."""
    return str(tx.scalar(sa.select(rooms.c.post).where(rooms.c.room == room)))


def put_outs(tx: Tx, room: RoomId, entries: list[OutEntry]) -> None:
    """Remembers who was put out of the running meeting."""
    if entries:
        put = insert(outs)
        tx.execute(
            put.on_conflict_do_update(index_elements=["room", "pid"], set_={"until": put.excluded.until}),
            [{"room": room, "pid": one.pid, "until": one.until} for one in entries],
        )


def out_until(tx: Tx, room: RoomId, pid: Pid) -> int | None:
    """Until when the person is put out of the room's meeting."""
    return tx.scalar(sa.select(outs.c.until).where(outs.c.room == room, outs.c.pid == pid))
