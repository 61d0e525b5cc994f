"""SQL of events: of a person, or of a room for all its members (`pid` is empty), only the newest of each topic stands.

So the table is bounded by memberships, and a change in a room of thousands writes one row. What concerns a person who is not, or no
longer, in the room is the person's own event.

Cursors grow with commits, since one transaction writes at a time; a server with several writers would need a lock here.
"""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Topic

_DROP_PERSON = sa.text("DELETE FROM event WHERE pid = :pid AND room = :room AND topic = :topic")
_ADD = sa.text("INSERT INTO event (pid, room, topic) VALUES (:pid, :room, :topic)")
_AFTER = sa.text(
    "SELECT MAX(cursor) AS cursor, room, topic FROM ("
    "SELECT cursor, room, topic FROM event WHERE pid = :pid AND cursor > :after UNION ALL "
    "SELECT e.cursor, e.room, e.topic FROM member m JOIN event e ON e.pid = '' AND e.room = m.room "
    "WHERE m.pid = :pid AND e.cursor > :after) AS news GROUP BY room, topic ORDER BY 1"
)
_LAST = sa.text("SELECT COALESCE(MAX(cursor), 0) FROM event")


EVERYBODY: Final = Pid("")
"""Stands for all members of a room."""


def add(tx: Tx, pids: Iterable[Pid], topic: Topic, room: RoomId | None = None) -> None:
    """Something of `topic` changed for these people."""
    for pid in pids:
        row = {"pid": pid, "room": room or "", "topic": topic}
        tx.execute(_DROP_PERSON, row)
        tx.execute(_ADD, row)


def add_for_members(tx: Tx, room: RoomId) -> None:
    """The room changed for all its members."""
    add(tx, [EVERYBODY], Topic.ROOM, room)


def after(tx: Tx, pid: Pid, cursor: int) -> list[tuple[int, RoomId, Topic]]:
    """A person's events after a cursor: `(cursor, room, topic)`."""
    return [(row.cursor, row.room, Topic(row.topic)) for row in tx.execute(_AFTER, {"pid": pid, "after": cursor})]


def last(tx: Tx) -> int:
    """The newest cursor of all."""
    return int(tx.execute(_LAST).scalar_one())
