"""SQL of presence."""

from collections.abc import Iterable

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.relay.schema import members
from samrum.wire.ids import RoomId

_SIZE = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1)).where(members.c.room == sa.bindparam("room")).limit(sa.bindparam("most")).subquery()
)


def sizes(tx: Tx, rooms: Iterable[RoomId], most: int) -> dict[RoomId, int]:
    """How many members these rooms have; counted no further than `most`."""
    return {room: tx.scalar(_SIZE, {"room": room, "most": most}) or 0 for room in rooms}
