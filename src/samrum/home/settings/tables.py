"""SQL of own settings, of statuses, and of how a person sees each room."""

from collections.abc import Iterable
from typing import Final

import msgspec
import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Hours, Mine, Notify, Settings

_FIELDS: Final = (
    "language, status, status_until, desktop, sound, mail, quiet, quiet_until, zone, typing"  # as in `Settings`
)
_GET = sa.text(f"SELECT {_FIELDS} FROM settings WHERE pid = :pid")  # noqa: S608  a constant
_PUT = sa.text(
    f"INSERT INTO settings (pid, told, {_FIELDS}) VALUES (:pid, 0, :language, :status, :status_until, :desktop, :sound, :mail, "  # noqa: S608
    ":quiet, :quiet_until, :zone, :typing) ON CONFLICT (pid) DO UPDATE SET language = :language, status = :status, "
    "status_until = :status_until, desktop = :desktop, sound = :sound, mail = :mail, quiet = :quiet, quiet_until = :quiet_until, "
    "zone = :zone, typing = :typing"
)
_TOLD = sa.text("UPDATE settings SET told = :cursor WHERE pid = :pid")
_NEWS = sa.text(
    "SELECT DISTINCT s.pid FROM settings s JOIN member m ON m.pid = s.pid WHERE s.told > :cursor AND m.room IN :rooms"
).bindparams(sa.bindparam("rooms", expanding=True))
_OVER = sa.text("UPDATE settings SET status = '', status_until = NULL WHERE status_until <= :now")
_SMALL = sa.text(
    "SELECT m.room FROM member m WHERE m.pid = :pid AND (SELECT COUNT(*) FROM member n WHERE n.room = m.room) <= :most"
)
_MINE = sa.text("SELECT pinned, notify FROM mine WHERE pid = :pid AND room = :room")
_PUT_MINE = sa.text(
    "INSERT INTO mine (pid, room, pinned, notify) VALUES (:pid, :room, :pinned, :notify) "
    "ON CONFLICT (pid, room) DO UPDATE SET pinned = :pinned, notify = :notify"
)
SOME: Final = 500
"""Values in one IN list."""


def get(tx: Tx, pid: Pid) -> Settings | None:
    """A person's settings, if they ever chose any."""
    row = tx.execute(_GET, {"pid": pid}).first()
    if row is None:
        return None
    found = row._asdict()
    quiet = msgspec.json.decode(found.pop("quiet") or "null", type=Hours | None)
    return msgspec.convert({**found, "quiet": quiet}, Settings, strict=False)


def put(tx: Tx, pid: Pid, settings: Settings) -> None:
    """All of a person's settings anew."""
    values = msgspec.structs.asdict(settings)
    quiet = msgspec.json.encode(settings.quiet).decode() if settings.quiet else None
    tx.execute(_PUT, {**values, "pid": pid, "quiet": quiet})


def told(tx: Tx, pid: Pid, cursor: int) -> None:
    """The person's status changed under this cursor."""
    tx.execute(_TOLD, {"pid": pid, "cursor": cursor})


def news(tx: Tx, rooms: Iterable[RoomId], cursor: int) -> set[Pid]:
    """Members of these rooms whose status changed after a cursor."""
    wanted = list(rooms)
    return {
        row.pid
        for start in range(0, len(wanted), SOME)
        for row in tx.execute(_NEWS, {"rooms": wanted[start : start + SOME], "cursor": cursor})
    }


def end_statuses(tx: Tx, now: int) -> None:
    """Forgets statuses that are over."""
    tx.execute(_OVER, {"now": now})


def small_rooms(tx: Tx, pid: Pid, most: int) -> list[RoomId]:
    """The person's rooms that have at most so many members."""
    return [row.room for row in tx.execute(_SMALL, {"pid": pid, "most": most})]


def of_room(tx: Tx, pid: Pid, room: RoomId) -> Mine | None:
    """How the person sees a room, if they ever chose."""
    row = tx.execute(_MINE, {"pid": pid, "room": room}).first()
    return Mine(pinned=bool(row.pinned), notify=Notify(row.notify)) if row else None


def put_mine(tx: Tx, pid: Pid, room: RoomId, mine: Mine) -> None:
    """How the person sees a room from now on."""
    tx.execute(_PUT_MINE, {"pid": pid, "room": room, "pinned": int(mine.pinned), "notify": mine.notify})
