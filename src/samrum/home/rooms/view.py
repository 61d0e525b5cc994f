"""Rooms as one person sees them."""

from typing import Final

from samrum.home.errors import NotFound
from samrum.home.people import tables as people
from samrum.home.rooms import tables
from samrum.home.rooms.pending import pending
from samrum.plumbing.transactions import Tx
from samrum.wire.home_api import Changed, Keys, Room
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Kind

MAX_NAMES: Final = 500
LAST_STATEMENTS: Final = 20
"""Statements of a chain that a follower gets unasked."""
MAX_CHAIN: Final = 200_000
"""Characters of a chain that an answer may carry whole."""


def room(tx: Tx, pid: Pid, room_id: RoomId) -> Room | None:
    """The room now, or as `removed` for who was in it once; `None` for everybody else."""
    row = tables.get(tx, room_id)
    if row is None:
        return None
    kind = Kind(row.kind)
    if tables.role_of(tx, room_id, pid) is not None:
        adding, removing = pending(tx, row)
        return Room(
            room=room_id,
            kind=kind,
            version=row.version,
            delivered=row.delivered,
            title=row.title,
            adding=adding,
            removing=removing,
        )
    left = tables.left_at(tx, room_id, pid)
    if left is None:
        return None
    return Room(room=room_id, kind=kind, version=left, delivered=min(left, row.delivered), removed=True)


def chain(tx: Tx, pid: Pid, room_id: RoomId, after: int) -> list[str]:
    """The statements after a version that the person may see: all of one's own room, of a former one up to the removal."""
    seen = room(tx, pid, room_id)
    return tables.chain(tx, room_id, after, seen.version) if seen else []


def changed(tx: Tx, pid: Pid, room_id: RoomId) -> Changed:
    """The answer to a change, without keys; raises `NotFound`."""
    seen = room(tx, pid, room_id)
    if seen is None:
        raise NotFound
    statements = tables.chain(tx, room_id, 0, seen.version)
    if sum(map(len, statements)) > MAX_CHAIN:
        statements = statements[-LAST_STATEMENTS:]
    names = [] if seen.removed else people.of_rooms(tx, [room_id], MAX_NAMES)
    return Changed(room=seen, rosters=statements, people=names, keys=Keys())
