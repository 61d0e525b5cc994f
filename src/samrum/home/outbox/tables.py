"""SQL of the outbox."""

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import RoomId

_ADD = sa.text(
    "INSERT INTO outbox (lane, kind, target, version, body, tries, due) "
    "VALUES (:lane, :kind, :target, :version, :body, 0, 0)"
)
_HEADS = sa.text(
    "SELECT id, lane, kind, target, version, body, tries FROM outbox AS mine WHERE (due <= :now OR due > :longest) AND id = "
    "(SELECT MIN(id) FROM outbox AS other WHERE other.lane = mine.lane) ORDER BY id LIMIT :limit"
)
_DONE = sa.text("DELETE FROM outbox WHERE id = :id")
_LATER = sa.text("UPDATE outbox SET tries = tries + 1, due = :due WHERE id = :id")
_NEXT = sa.text("SELECT MIN(due) FROM outbox WHERE due > :now")
_COUNT = sa.text("SELECT COUNT(*) FROM outbox")
_DELIVERED = sa.text("UPDATE room SET delivered = :version WHERE room = :room AND delivered < :version")
_CHAIN = sa.text(
    "SELECT version, jws FROM roster WHERE room = :room AND version > :after AND version <= :upto ORDER BY version"
)


def add(tx: Tx, *, lane: str, kind: str, target: str, version: int = 0, body: str = "") -> None:
    """Puts one thing for relay at the end of its lane."""
    tx.execute(_ADD, {"lane": lane, "kind": kind, "target": target, "version": version, "body": body})


def heads(tx: Tx, now: int, longest: int, limit: int) -> list[sa.Row[tuple[int, str, str, str, int, str, int]]]:
    """The first thing of each lane whose time has come: `id, lane, kind, target, version, body, tries`.

    Also what is due later than `longest`, as nothing is ever set: by a clock that was set back since.
    """
    return list(tx.execute(_HEADS, {"now": now, "longest": longest, "limit": limit}))


def done(tx: Tx, row: int) -> None:
    """Forgets a delivered thing."""
    tx.execute(_DONE, {"id": row})


def later(tx: Tx, row: int, due: int) -> None:
    """Keeps a refused thing for another try at `due` (seconds since 1970)."""
    tx.execute(_LATER, {"id": row, "due": due})


def next_due(tx: Tx, now: int) -> int | None:
    """When the next thing kept for later is due."""
    return tx.execute(_NEXT, {"now": now}).scalar()


def count(tx: Tx) -> int:
    """How many things wait."""
    return int(tx.execute(_COUNT).scalar_one())


def delivered(tx: Tx, room: RoomId, version: int) -> None:
    """Relay has applied a room's roster."""
    tx.execute(_DELIVERED, {"room": room, "version": version})


def chain(tx: Tx, room: RoomId, after: int, upto: int) -> list[tuple[int, str]]:
    """A room's signed rosters after one version up to another."""
    return [(row.version, row.jws) for row in tx.execute(_CHAIN, {"room": room, "after": after, "upto": upto})]
