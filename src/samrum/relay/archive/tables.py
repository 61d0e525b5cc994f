"""All SQL of the log in commit order."""

from typing import Any

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.relay.schema import messages, reads, rooms
from samrum.wire.ids import Pid, RoomId, TenantId

_OF_TENANT = sa.and_(rooms.c.room == messages.c.room, rooms.c.tenant == sa.bindparam("tenant"))
_AFTER = (
    sa.select(messages.c.n, messages.c.room, messages.c.pos, messages.c.envelope)
    .join(rooms, _OF_TENANT)
    .where(messages.c.n > sa.bindparam("after"))
    .order_by(messages.c.n)
    .limit(sa.bindparam("most"))
)
_LAST = sa.select(sa.func.coalesce(sa.func.max(messages.c.n), 0))
_POSITIONS = (
    sa.select(messages.c.room, sa.func.max(messages.c.pos).label("pos"))
    .join(rooms, _OF_TENANT)
    .where(messages.c.n > sa.bindparam("after"), messages.c.n <= sa.bindparam("upto"))
    .group_by(messages.c.room)
)

_READS = (
    sa.select(reads.c.n, reads.c.room, reads.c.pid, reads.c.pos)
    .join(rooms, sa.and_(rooms.c.room == reads.c.room, rooms.c.tenant == sa.bindparam("tenant")))
    .where(reads.c.n > sa.bindparam("after"))
    .order_by(reads.c.n)
    .limit(sa.bindparam("most"))
)


def after(tx: Tx, tenant: TenantId, n: int, most: int) -> sa.CursorResult[Any]:
    """`(n, room, pos, envelope)` of a tenant's messages after the `n`-th of all, read row by row."""
    return tx.execute(_AFTER, {"tenant": tenant, "after": n, "most": most})


def last(tx: Tx) -> int:
    """The number of the newest message of all tenants."""
    return int(tx.scalar(_LAST) or 0)


def positions(tx: Tx, tenant: TenantId, n: int, upto: int) -> dict[RoomId, int]:
    """How far each of a tenant's rooms has come by the messages after the `n`-th up to the `upto`-th."""
    found = tx.execute(_POSITIONS, {"tenant": tenant, "after": n, "upto": upto})
    return {RoomId(row.room): row.pos for row in found}


def reads_after(tx: Tx, tenant: TenantId, n: int, most: int) -> list[tuple[int, RoomId, Pid, int]]:
    """`(n, room, pid, pos)` of a tenant's read positions that moved after the `n`-th move of all."""
    found = tx.execute(_READS, {"tenant": tenant, "after": n, "most": most})
    return [(row.n, RoomId(row.room), Pid(row.pid), row.pos) for row in found]
