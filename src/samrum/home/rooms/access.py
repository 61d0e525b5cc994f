"""The one way to a room: absent and not yours give the same answer."""

from enum import IntEnum

from samrum.home.errors import NotAllowed, NotFound
from samrum.home.rooms import tables
from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Role


class Want(IntEnum):
    """What somebody wants to do with a room."""

    READ = 0
    MANAGE = 1
    """Change title or members: owners and moderators, never in a direct message."""


_MANAGERS = {Role.OWNER, Role.MODERATOR}


def access_room(tx: Tx, pid: Pid, room: RoomId, want: Want) -> tuple[tables.Row, Role]:
    """The room and the person's role in it; raises `NotFound` or `NotAllowed`."""
    role, row = tables.role_of(tx, room, pid), tables.get(tx, room)
    if role is None or row is None:
        raise NotFound
    if want == Want.MANAGE and (role not in _MANAGERS or row.kind == "direct"):
        raise NotAllowed
    return row, role
