"""SQL of blocks and reports."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import MsgId, Pid, RoomId
from samrum.wire.moderation_api import Level, NewReport, Outcome

_BLOCK = sa.text(
    "INSERT INTO block (room, pid, by, at) VALUES (:room, :pid, :by, :at) ON CONFLICT (room, pid) DO NOTHING"
)
_UNBLOCK = sa.text("DELETE FROM block WHERE room = :room AND pid = :pid")
_BLOCKED_OF = sa.text("SELECT pid FROM block WHERE room = :room")
_LISTED = sa.text("SELECT pid, by, at FROM block WHERE room = :room ORDER BY at DESC, pid LIMIT :limit")
_REPORT: Final = "id, room, msg, author, reporter, reason, words, text, level, at, closed, closed_by, outcome, answer"
_ADD = sa.text(
    "INSERT INTO report (room, msg, author, reporter, reason, words, text, level, at) "
    "VALUES (:room, :msg, :author, :reporter, :reason, :words, :text, :level, :at) RETURNING id"
)
_SAME = sa.text("SELECT id, level FROM report WHERE room = :room AND msg = :msg AND reporter = :reporter")
_OPEN_OF = sa.text("SELECT COUNT(*) FROM report WHERE reporter = :reporter AND at > :since")
_GET = sa.text(f"SELECT {_REPORT} FROM report WHERE id = :id")  # noqa: S608  a constant
_CLOSE = sa.text(
    "UPDATE report SET closed = :now, closed_by = :by, outcome = :outcome, answer = :answer WHERE id = :id AND closed IS NULL"
)
_LED: Final = (
    "SELECT 1 FROM member m JOIN person p ON p.pid = m.pid AND p.integration = 0 "
    "WHERE m.room = report.room AND m.role IN ('owner', 'moderator')"
)
_DECIDES: Final = (
    f"author <> :pid AND ((level = 'room' AND EXISTS ({_LED} AND m.pid = :pid)) OR "
    f"(:authority AND (level = 'authority' OR NOT EXISTS ({_LED} AND m.pid <> report.author))))"
)
"""Who decides now: also the authority's moderators, once nobody else in the room may."""
_MAY_DECIDE = sa.text(f"SELECT 1 FROM report WHERE id = :id AND {_DECIDES}")  # noqa: S608  constants
_WHICH: Final = {
    "open": f"{_DECIDES} AND closed IS NULL",
    "closed": f"{_DECIDES} AND closed IS NOT NULL",
    "mine": "reporter = :pid",
}
_PAGES = {
    which: sa.text(f"SELECT {_REPORT} FROM report WHERE {where} ORDER BY id DESC LIMIT :limit OFFSET :skip")  # noqa: S608
    for which, where in _WHICH.items()
}
_COUNTS = {which: sa.text(f"SELECT COUNT(*) FROM report WHERE {where}") for which, where in _WHICH.items()}  # noqa: S608
_LEADS = sa.text("SELECT 1 FROM member WHERE pid = :pid AND role IN ('owner', 'moderator') LIMIT 1")
_MODERATORS = sa.text("SELECT pid FROM person WHERE disabled = 0 AND ' ' || may || ' ' LIKE '% moderate %'")
_WAS_IN = sa.text("SELECT 1 FROM membership WHERE room = :room AND pid = :pid LIMIT 1")
_EXPIRE = sa.text("DELETE FROM report WHERE closed < :before")


class Report(NamedTuple):
    """One report as it is kept."""

    id: int
    room: RoomId
    msg: MsgId
    author: Pid
    reporter: Pid
    reason: str
    words: str
    text: str
    level: str
    at: int
    closed: int | None
    closed_by: Pid | None
    outcome: str | None
    answer: str


class Listed(NamedTuple):
    """One block."""

    pid: Pid
    by: Pid
    at: int


def block(tx: Tx, room: RoomId, pids: Iterable[Pid], by: Pid, now: int) -> None:
    """They may not come back."""
    for pid in pids:
        tx.execute(_BLOCK, {"room": room, "pid": pid, "by": by, "at": now})


def unblock(tx: Tx, room: RoomId, pids: Iterable[Pid]) -> None:
    """They may come back."""
    for pid in pids:
        tx.execute(_UNBLOCK, {"room": room, "pid": pid})


def blocked(tx: Tx, room: RoomId, pids: Iterable[Pid]) -> set[Pid]:
    """Those of `pids` who may not come into the room."""
    return {row.pid for row in tx.execute(_BLOCKED_OF, {"room": room})} & set(pids)


def listed(tx: Tx, room: RoomId, limit: int) -> list[Listed]:
    """Who is blocked, newest first."""
    return [Listed(*row) for row in tx.execute(_LISTED, {"room": room, "limit": limit})]


def add(tx: Tx, new: NewReport, reporter: Pid, level: Level, now: int) -> int:
    """A new report; its number."""
    values = {
        "room": new.room,
        "msg": new.msg,
        "author": new.author,
        "reporter": reporter,
        "reason": new.reason,
        "words": new.words,
        "text": new.text,
        "level": level,
        "at": now,
    }
    return int(tx.execute(_ADD, values).scalar_one())


def same(tx: Tx, new: NewReport, reporter: Pid) -> tuple[int, Level] | None:
    """The report that this person has made of that message already."""
    row = tx.execute(_SAME, {"room": new.room, "msg": new.msg, "reporter": reporter}).first()
    return (row.id, Level(row.level)) if row else None


def made_since(tx: Tx, reporter: Pid, since: int) -> int:
    """How many reports a person has made since then."""
    return int(tx.execute(_OPEN_OF, {"reporter": reporter, "since": since}).scalar_one())


def get(tx: Tx, report: int) -> Report | None:
    """One report, whoever asks."""
    row = tx.execute(_GET, {"id": report}).first()
    return Report(*row) if row else None


def close(tx: Tx, report: int, by: Pid, outcome: Outcome, *, answer: str, now: int) -> bool:
    """Decides a report; whether it was open."""
    values = {"id": report, "by": by, "outcome": outcome, "answer": answer, "now": now}
    return bool(tx.execute(_CLOSE, values).rowcount)


def page(tx: Tx, which: str, pid: Pid, *, authority: bool, skip: int, limit: int) -> tuple[list[Report], int]:
    """A page of the reports that are `open` or `closed` and this person's to decide, or `mine`; and how many there are."""
    values: dict[str, Any] = {"pid": pid, "authority": authority}
    rows = tx.execute(_PAGES[which], values | {"skip": skip, "limit": limit})
    return [Report(*row) for row in rows], count(tx, which, pid, authority=authority)


def count(tx: Tx, which: str, pid: Pid, *, authority: bool) -> int:
    """How many of these reports there are."""
    return int(tx.execute(_COUNTS[which], {"pid": pid, "authority": authority}).scalar_one())


def may_decide(tx: Tx, report: int, pid: Pid, *, authority: bool) -> bool:
    """Whether the report is this person's to decide."""
    return tx.execute(_MAY_DECIDE, {"id": report, "pid": pid, "authority": authority}).first() is not None


def leads(tx: Tx, pid: Pid) -> bool:
    """Whether the person is owner or moderator of any room."""
    return tx.execute(_LEADS, {"pid": pid}).first() is not None


def authority_moderators(tx: Tx) -> list[Pid]:
    """Who decides for the authority."""
    return [row.pid for row in tx.execute(_MODERATORS)]


def was_in(tx: Tx, room: RoomId, pid: Pid) -> bool:
    """Whether the person is or was in the room."""
    return tx.execute(_WAS_IN, {"room": room, "pid": pid}).first() is not None


def expire(tx: Tx, before: int) -> None:
    """Forgets reports that were decided before then."""
    tx.execute(_EXPIRE, {"before": before})
