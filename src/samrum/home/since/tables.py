"""SQL of events: per person, room and topic only the newest stands, so the table is bounded by memberships.

Cursors grow with commits, since one transaction writes at a time; a server with several writers would need a lock here.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Topic

_DROP_PERSON = sa.text("DELETE FROM event WHERE pid = :pid AND room = :room AND topic = :topic")
_ADD = sa.text("INSERT INTO event (pid, room, topic) VALUES (:pid, :room, :topic)")
_DROP_ROOM = sa.text(
    "DELETE FROM event WHERE room = :room AND topic = :topic AND pid IN (SELECT pid FROM member WHERE room = :room)"
)
_ADD_ROOM = sa.text(
    "INSERT INTO event (pid, room, topic) SELECT pid, room, :topic FROM member WHERE room = :room ORDER BY pid"
)
_AFTER = sa.text("SELECT cursor, room, topic FROM event WHERE pid = :pid AND cursor > :after ORDER BY cursor")
_LAST = sa.text("SELECT COALESCE(MAX(cursor), 0) FROM event")


def add(tx: Tx, pids: Iterable[Pid], topic: Topic, room: RoomId | None = None) -> None:
    """Something of `topic` changed for these people."""
    for pid in pids:
        row = {"pid": pid, "room": room or "", "topic": topic}
        tx.execute(_DROP_PERSON, row)
        tx.execute(_ADD, row)


def add_for_members(tx: Tx, room: RoomId) -> None:
    """The room changed for all its members."""
    row = {"room": room, "topic": Topic.ROOM}
    tx.execute(_DROP_ROOM, row)
    tx.execute(_ADD_ROOM, row)


def after(tx: Tx, pid: Pid, cursor: int) -> list[tuple[int, RoomId, Topic]]:
    """A person's events after a cursor: `(cursor, room, topic)`."""
    return [(row.cursor, row.room, Topic(row.topic)) for row in tx.execute(_AFTER, {"pid": pid, "after": cursor})]


def last(tx: Tx) -> int:
    """The newest cursor of all."""
    return int(tx.execute(_LAST).scalar_one())
