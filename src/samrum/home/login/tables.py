"""SQL of sessions. A session is stored under the hash of its cookie, so the database alone opens no door."""

from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Dev, Pid

_ADD = sa.text("INSERT INTO session (hash, pid, created, seen, ends) VALUES (:hash, :pid, :now, :now, :ends)")
_GET = sa.text(
    "SELECT s.pid, s.dev, s.seen, s.ends, d.revoked IS NOT NULL FROM session s JOIN person p ON p.pid = s.pid "
    "LEFT JOIN device d ON d.dev = s.dev WHERE s.hash = :hash AND p.disabled = 0"
)
_SEEN = sa.text("UPDATE session SET seen = :now WHERE hash = :hash")
_BIND = sa.text("UPDATE session SET dev = :dev, ends = :ends WHERE hash = :hash")
_END = sa.text("DELETE FROM session WHERE hash = :hash")
_END_ALL = sa.text("DELETE FROM session WHERE pid = :pid")
_END_DEVICE = sa.text("DELETE FROM session WHERE dev = :dev")
_EXPIRE = sa.text(
    "DELETE FROM session WHERE ends <= :now OR (seen <= :idle AND NOT EXISTS "
    "(SELECT 1 FROM device d WHERE d.dev = session.dev AND d.revoked IS NOT NULL))"
)


class Row(NamedTuple):
    """One session."""

    pid: Pid
    dev: Dev | None
    seen: int
    ends: int
    revoked: int
    """1 if its device was revoked: it opens nothing, and says so."""


def add(tx: Tx, key: str, pid: Pid, now: int, ends: int) -> None:
    """A new session."""
    tx.execute(_ADD, {"hash": key, "pid": pid, "now": now, "ends": ends})


def get(tx: Tx, key: str) -> Row | None:
    """The session under that hash, of an enabled person."""
    row = tx.execute(_GET, {"hash": key}).first()
    return Row(*row) if row else None


def seen(tx: Tx, key: str, now: int) -> None:
    """The session was used."""
    tx.execute(_SEEN, {"hash": key, "now": now})


def bind(tx: Tx, key: str, dev: Dev, ends: int) -> None:
    """Binds the session to a certified device and sets its end."""
    tx.execute(_BIND, {"hash": key, "dev": dev, "ends": ends})


def end(tx: Tx, key: str) -> None:
    """Signs out."""
    tx.execute(_END, {"hash": key})


def end_all(tx: Tx, pid: Pid) -> None:
    """Ends all of a person's sessions."""
    tx.execute(_END_ALL, {"pid": pid})


def end_device(tx: Tx, dev: Dev) -> None:
    """Ends the sessions that are bound to a device: the person signs out there."""
    tx.execute(_END_DEVICE, {"dev": dev})


def expire(tx: Tx, now: int, idle: int) -> None:
    """Forgets sessions that ended, or were last seen at `idle` or before.

    A revoked device's stays to its end: a browser that was off meanwhile must hear of it, to forget what it holds.
    """
    tx.execute(_EXPIRE, {"now": now, "idle": idle})
