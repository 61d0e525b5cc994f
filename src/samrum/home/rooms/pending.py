"""Whom relay does not know of yet: changes of members that home has signed and relay has not applied, as when relay is away."""

from typing import Final

import sqlalchemy as sa

from samrum.home.rooms.tables import Row
from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid

MOST: Final = 200
"""People named as on their way in or out."""
_ADDING = sa.text(
    "SELECT pid FROM membership AS new WHERE room = :room AND to_version IS NULL AND from_version > :delivered "
    "AND NOT EXISTS (SELECT 1 FROM membership AS old WHERE old.room = new.room AND old.pid = new.pid "
    "AND old.from_version <= :delivered AND old.to_version > :delivered) ORDER BY pid LIMIT :most"
)
_REMOVING = sa.text(
    "SELECT pid FROM membership AS old WHERE room = :room AND from_version <= :delivered AND to_version > :delivered "
    "AND NOT EXISTS (SELECT 1 FROM member WHERE member.room = old.room AND member.pid = old.pid) ORDER BY pid LIMIT :most"
)


def pending(tx: Tx, row: Row) -> tuple[list[Pid], list[Pid]]:
    """Who is on the way in and who on the way out, by pid; at most 200 each."""
    if row.delivered >= row.version:
        return [], []
    values = {"room": row.room, "delivered": row.delivered, "most": MOST}
    adding, removing = ([one.pid for one in tx.execute(sql, values)] for sql in (_ADDING, _REMOVING))
    return adding, removing
