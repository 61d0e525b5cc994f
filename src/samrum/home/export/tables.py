"""SQL of exports, and what home's tables and its records hold of one person."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId

_ROW: Final = "pid, session, state, done, total, made, file, size"
_GET = sa.text(f"SELECT {_ROW} FROM export WHERE pid = :pid")  # noqa: S608  a constant
_PUT = sa.text(
    f"INSERT OR REPLACE INTO export ({_ROW}) VALUES (:pid, :session, :state, :done, :total, :made, :file, :size)"  # noqa: S608
)
_NEXT = sa.text(f"SELECT {_ROW} FROM export WHERE state = 'running' ORDER BY made LIMIT 1")  # noqa: S608
_OVER = sa.text(
    f"SELECT {_ROW} FROM export WHERE (state <> 'running' AND made <= :before) "  # noqa: S608
    "OR NOT EXISTS (SELECT 1 FROM session s WHERE s.hash = export.session AND s.ends > :now)"
)
_DROP = sa.text("DELETE FROM export WHERE pid = :pid AND file = :file")
_FILES = sa.text("SELECT file FROM export")
_ROOMS = sa.text(
    "SELECT r.room, r.kind, r.title, s.from_version, s.to_version, came.jws AS came, went.jws AS went, m.role "
    "FROM membership s JOIN room r ON r.room = s.room "
    "LEFT JOIN roster came ON came.room = s.room AND came.version = s.from_version "
    "LEFT JOIN roster went ON went.room = s.room AND went.version = s.to_version "
    "LEFT JOIN member m ON m.room = s.room AND m.pid = s.pid AND s.to_version IS NULL "
    "WHERE s.pid = :pid ORDER BY r.room, s.from_version"
)
_OTHERS = sa.text(
    "SELECT p.name FROM membership s JOIN person p ON p.pid = s.pid WHERE s.room = :room AND s.pid <> :pid LIMIT 1"
)
_DEVICES = sa.text("SELECT dev, label, created, seen, revoked, lost FROM device WHERE pid = :pid ORDER BY created")
_SESSIONS = sa.text("SELECT created, seen, ends FROM session WHERE pid = :pid ORDER BY created")
_REPORTS = sa.text(
    "SELECT room, msg, reason, words, at, closed, outcome, answer FROM report WHERE reporter = :pid ORDER BY id"
)
_PERSON = sa.text("SELECT pid, login, name, department, title, may, mail FROM person WHERE pid = :pid")
# The records' own database.
_NUMBER = sa.text("SELECT number FROM person_number WHERE pid = :pid")
_COUNT = sa.text("SELECT COUNT(*) FROM message WHERE person = :person")
_MESSAGES = sa.text(
    "SELECT m.id, r.room, m.at, m.kind, m.epoch, m.deleted, own.env AS env, last.env AS edit FROM message m "
    "JOIN room_number r ON r.number = m.id >> 28 JOIN mirror own ON own.n = m.n LEFT JOIN mirror last ON last.n = m.edit "
    "WHERE m.person = :person AND m.id > :after ORDER BY m.id LIMIT :limit"
)


class Row(NamedTuple):
    """One person's export."""

    pid: Pid
    session: str
    """Hash of the session that asked."""
    state: str
    done: int
    total: int
    made: int
    """When it was asked for; of a ready one, when it was done."""
    file: str
    size: int


class Stay(NamedTuple):
    """One interval of somebody's in a room."""

    room: RoomId
    kind: str
    title: str
    from_version: int
    to_version: int | None
    came: str | None
    """The roster by which they came …"""
    went: str | None
    """… and the one by which they went."""
    role: str | None


class Message(NamedTuple):
    """One own message, sealed."""

    id: int
    room: RoomId
    at: int
    kind: int
    epoch: int
    deleted: int
    env: bytes
    edit: bytes | None


def get(tx: Tx, pid: Pid) -> Row | None:
    """The person's export."""
    row = tx.execute(_GET, {"pid": pid}).first()
    return Row(*row) if row else None


def put(tx: Tx, row: Row) -> None:
    """The person's export from now on."""
    tx.execute(_PUT, row._asdict())


def next_wanted(tx: Tx) -> Row | None:
    """The oldest that has to be made."""
    row = tx.execute(_NEXT).first()
    return Row(*row) if row else None


def over(tx: Tx, before: int, now: int) -> list[Row]:
    """Those made before then, and those whose session has ended."""
    return [Row(*row) for row in tx.execute(_OVER, {"before": before, "now": now})]


def drop(tx: Tx, row: Row) -> None:
    """Forgets an export."""
    tx.execute(_DROP, {"pid": row.pid, "file": row.file})


def files(tx: Tx) -> set[str]:
    """The files that belong to any export."""
    return {row.file for row in tx.execute(_FILES)}


def profile(tx: Tx, pid: Pid) -> dict[str, object]:
    """What the directory says of a person."""
    return dict(tx.execute(_PERSON, {"pid": pid}).one()._mapping)  # noqa: SLF001  SQLAlchemy's public name


def devices(tx: Tx, pid: Pid) -> list[dict[str, object]]:
    """The person's devices, also former ones."""
    return _all(tx, _DEVICES, pid)


def sessions(tx: Tx, pid: Pid) -> list[dict[str, object]]:
    """Where the person is signed in now."""
    return _all(tx, _SESSIONS, pid)


def reports(tx: Tx, pid: Pid) -> list[dict[str, object]]:
    """The person's reports."""
    return _all(tx, _REPORTS, pid)


def _all(tx: Tx, sql: sa.TextClause, pid: Pid) -> list[dict[str, object]]:
    return [dict(row._mapping) for row in tx.execute(sql, {"pid": pid})]  # noqa: SLF001


def stays(tx: Tx, pid: Pid) -> list[Stay]:
    """When the person was in which rooms."""
    return [Stay(*row) for row in tx.execute(_ROOMS, {"pid": pid})]


def other(tx: Tx, room: RoomId, pid: Pid) -> str:
    """The name of the other one of a direct message."""
    return str(tx.execute(_OTHERS, {"room": room, "pid": pid}).scalar() or "")


def count(records: Tx, pid: Pid) -> int:
    """How many messages of a person the records have."""
    number = records.execute(_NUMBER, {"pid": pid}).scalar()
    return 0 if number is None else int(records.execute(_COUNT, {"person": number}).scalar_one())


def messages(records: Tx, pid: Pid, after: int, limit: int) -> Iterator[Message]:
    """A page of a person's messages, by room and position."""
    number = records.execute(_NUMBER, {"pid": pid}).scalar()
    if number is not None:
        for row in records.execute(_MESSAGES, {"person": number, "after": after, "limit": limit}):
            yield Message(*row)
