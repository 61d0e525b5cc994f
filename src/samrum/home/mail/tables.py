"""SQL of missed-activity mail: what may be missed, each person's last letter, letters on their way."""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from samrum.home.mail.digest import Sent, Waiting, Why, told
from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Hours, Notify

_CURSOR = sa.text("SELECT cursor FROM mail_cursor")
_SET_CURSOR = sa.text("UPDATE mail_cursor SET cursor = :cursor")
_WAIT = sa.text(
    "INSERT INTO mail_waiting (pid, room, pos, at, why, author) VALUES (:pid, :room, :pos, :at, :why, :author) "
    "ON CONFLICT DO NOTHING"
)
_STALE = sa.text("DELETE FROM mail_waiting WHERE at < :before")
_DUE = sa.text(
    "SELECT w.pid FROM mail_waiting w LEFT JOIN mail_person s ON s.pid = w.pid WHERE w.at <= :ripe "
    "AND COALESCE(s.due, 0) <= :now AND NOT EXISTS (SELECT 1 FROM mail_letter l WHERE l.pid = w.pid) "
    "GROUP BY w.pid ORDER BY MIN(w.at) LIMIT :limit"
)
_WAITING = sa.text("SELECT room, pos, at, why, author FROM mail_waiting WHERE pid = :pid")
_FORGET = sa.text("DELETE FROM mail_waiting WHERE pid = :pid AND room = :room AND pos = :pos")
_PERSON = sa.text("SELECT last, unheard, told FROM mail_person WHERE pid = :pid")
_SET_PERSON = sa.text(
    "INSERT INTO mail_person (pid, last, unheard, told, due) VALUES (:pid, :last, :unheard, :told, :due) "
    "ON CONFLICT (pid) DO UPDATE SET last = :last, unheard = :unheard, told = :told, due = :due"
)
_ADD = sa.text(
    "INSERT INTO mail_letter (pid, message_id, rooms, letter, made, tries, unsure, due) "
    "VALUES (:pid, :message_id, :rooms, :letter, :made, 0, 0, 0)"
)
_LETTERS = sa.text(
    "SELECT pid, message_id, rooms, letter, made, tries, unsure FROM mail_letter WHERE due <= :now OR due > :longest "
    "ORDER BY made, pid LIMIT :limit"
)
_TRYING = sa.text(
    "UPDATE mail_letter SET tries = tries + 1, unsure = unsure + 1, due = :due WHERE pid = :pid AND message_id = :message_id"
)
_SURE = sa.text("UPDATE mail_letter SET unsure = 0 WHERE pid = :pid AND message_id = :message_id")
_DONE = sa.text("DELETE FROM mail_letter WHERE pid = :pid AND message_id = :message_id")
_COUNT = sa.text("SELECT COUNT(*) FROM mail_letter")
_ADDRESS = sa.text("SELECT mail FROM person WHERE pid = :pid AND disabled = 0 AND mail <> ''")
_REACHABLE = sa.text("SELECT pid FROM person WHERE disabled = 0 AND mail <> '' AND pid IN :pids").bindparams(
    sa.bindparam("pids", expanding=True)
)
_WISHES = sa.text("SELECT language, mail, quiet, quiet_until, zone FROM settings WHERE pid = :pid")
_NOTIFY = sa.text("SELECT room, notify FROM mine WHERE pid = :pid")
_TITLES = sa.text("SELECT room, title FROM room WHERE title <> '' AND room IN :rooms").bindparams(
    sa.bindparam("rooms", expanding=True)
)
SOME = 500
"""Values in one IN list."""


class Wishes(NamedTuple):
    """What a person has chosen."""

    language: str = ""
    mail: bool = True
    quiet: Hours | None = None
    quiet_until: int | None = None
    zone: str = ""


class Letter(NamedTuple):
    """One letter on its way."""

    pid: Pid
    message_id: str
    rooms: str
    """JSON: up to which position each room is in it."""
    letter: bytes
    made: int
    tries: int
    unsure: int
    """Tries in a row of which nobody knows how they ended."""

    def told(self) -> dict[RoomId, int]:
        """Up to which position each room is in it."""
        return json.loads(self.rooms)  # type: ignore[no-any-return]


def cursor(tx: Tx) -> int:
    """How far the records were read."""
    return int(tx.execute(_CURSOR).scalar_one())


def set_cursor(tx: Tx, cursor: int) -> None:
    """The records were read up to there."""
    tx.execute(_SET_CURSOR, {"cursor": cursor})


def wait(tx: Tx, pid: Pid, things: Sequence[Waiting]) -> None:
    """These may be missed by a person."""
    if things:
        tx.execute(_WAIT, [{"pid": pid, **one._asdict()} for one in things])


def forget_stale(tx: Tx, before: int) -> None:
    """Forgets what was sent before a time."""
    tx.execute(_STALE, {"before": before})


def due(tx: Tx, ripe: int, now: int, limit: int) -> list[Pid]:
    """People who may get a letter about something sent at `ripe` or before; those who wait longest first."""
    return [row.pid for row in tx.execute(_DUE, {"ripe": ripe, "now": now, "limit": limit})]


def waiting(tx: Tx, pid: Pid) -> list[Waiting]:
    """What a person may have missed."""
    return [Waiting(row.room, row.pos, row.at, Why(row.why), row.author) for row in tx.execute(_WAITING, {"pid": pid})]


def forget(tx: Tx, pid: Pid, things: Iterable[Waiting]) -> None:
    """These are read, told or gone."""
    values = [{"pid": pid, "room": one.room, "pos": one.pos} for one in things]
    if values:
        tx.execute(_FORGET, values)


def person(tx: Tx, pid: Pid) -> Sent:
    """A person's last letter."""
    row = tx.execute(_PERSON, {"pid": pid}).first()
    return Sent(row.last, row.unheard, json.loads(row.told)) if row else Sent()


def set_person(tx: Tx, pid: Pid, sent: Sent, due: int) -> None:
    """The person's last letter, and when to look at them again (s since 1970)."""
    row = {"pid": pid, "last": sent.last, "unheard": sent.unheard, "told": json.dumps(dict(sent.told)), "due": due}
    tx.execute(_SET_PERSON, row)


def add(tx: Tx, pid: Pid, message_id: str, letter: bytes, *, things: Sequence[Waiting], now: int) -> None:
    """A letter to send."""
    row = {"pid": pid, "message_id": message_id, "rooms": json.dumps(told(things)), "letter": letter, "made": now}
    tx.execute(_ADD, row)


def letters(tx: Tx, now: int, longest: int, limit: int) -> list[Letter]:
    """Letters whose time has come, oldest first; also what is due later than `longest`, as by a clock that was set back."""
    return [Letter(*row) for row in tx.execute(_LETTERS, {"now": now, "longest": longest, "limit": limit})]


def trying(tx: Tx, letter: Letter, due: int) -> None:
    """The letter is about to be sent; if nobody learns how that ends, the next try is at `due`."""
    tx.execute(_TRYING, {"pid": letter.pid, "message_id": letter.message_id, "due": due})


def sure(tx: Tx, letter: Letter) -> None:
    """The last try failed for certain."""
    tx.execute(_SURE, {"pid": letter.pid, "message_id": letter.message_id})


def done(tx: Tx, letter: Letter) -> None:
    """The letter was sent, or never will be."""
    tx.execute(_DONE, {"pid": letter.pid, "message_id": letter.message_id})


def count(tx: Tx) -> int:
    """How many letters wait."""
    return int(tx.execute(_COUNT).scalar_one())


def address(tx: Tx, pid: Pid) -> str | None:
    """Where a person's mail goes; `None`: nowhere."""
    found: str | None = tx.execute(_ADDRESS, {"pid": pid}).scalar()
    return found


def reachable(tx: Tx, pids: Iterable[Pid]) -> set[Pid]:
    """Those who have an address."""
    wanted = list(pids)
    return {
        row.pid
        for start in range(0, len(wanted), SOME)
        for row in tx.execute(_REACHABLE, {"pids": wanted[start : start + SOME]})
    }


def wishes(tx: Tx, pid: Pid) -> Wishes:
    """What a person has chosen about mail and quiet."""
    row = tx.execute(_WISHES, {"pid": pid}).first()
    if row is None:
        return Wishes()
    quiet = msgspec.json.decode(row.quiet, type=Hours) if row.quiet else None
    return Wishes(row.language, bool(row.mail), quiet, row.quiet_until, row.zone)


def notify(tx: Tx, pid: Pid) -> dict[RoomId, Notify]:
    """Of what a person wants to be told, for the rooms where they chose."""
    return {row.room: Notify(row.notify) for row in tx.execute(_NOTIFY, {"pid": pid})}


def titles(tx: Tx, rooms: Iterable[RoomId]) -> dict[RoomId, str]:
    """Titles of rooms that have one, of at most `SOME`."""
    wanted = list(dict.fromkeys(rooms))[:SOME]
    return {row.room: row.title for row in tx.execute(_TITLES, {"rooms": wanted})}
