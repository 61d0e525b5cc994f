"""SQL of webhooks and of what waits to be written by them."""

from typing import Final, NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Dev, MsgId, Pid, RoomId

_COLUMNS: Final = "h.pid, h.room, h.by, h.created, h.used, h.dev, h.seq, p.name"
_HOOK: Final = f"SELECT {_COLUMNS} FROM hook h JOIN person p ON p.pid = h.pid"  # noqa: S608  a constant
_INSIDE: Final = "EXISTS (SELECT 1 FROM member m WHERE m.room = h.room AND m.pid = h.pid)"
_GET = sa.text(f"{_HOOK} WHERE h.pid = :pid")
_BY_TOKEN = sa.text(f"{_HOOK} WHERE h.token = :token AND {_INSIDE}")
_OF_ROOM = sa.text(f"{_HOOK} WHERE h.room = :room AND {_INSIDE} ORDER BY h.created, h.pid")
_OUTSIDE = sa.text(f"{_HOOK} WHERE NOT {_INSIDE} LIMIT 50")
_ADD = sa.text("INSERT INTO hook (pid, room, token, by, created, seq) VALUES (:pid, :room, :token, :by, :created, 0)")
_TURN = sa.text("UPDATE hook SET token = :token WHERE pid = :pid")
_DEVICE = sa.text("UPDATE hook SET dev = :dev, seq = 0 WHERE pid = :pid")
_SEQ = sa.text("UPDATE hook SET seq = :seq WHERE pid = :pid AND dev = :dev")
_USED = sa.text("UPDATE hook SET used = :now WHERE pid = :pid")
_DROP_MESSAGES = sa.text("DELETE FROM hook_message WHERE pid = :pid")
_DROP = sa.text("DELETE FROM hook WHERE pid = :pid")
_SAY = sa.text("INSERT INTO hook_message (pid, msg, text, at, tries, due) VALUES (:pid, :msg, :text, :at, 0, 0)")
_WAITING = sa.text("SELECT pid, COUNT(*) AS number FROM hook_message GROUP BY pid")
_WAIT = sa.text("SELECT COUNT(*) FROM hook_message WHERE pid = :pid")
_HEADS = sa.text(
    "SELECT id, pid, msg, text, tries FROM hook_message AS mine WHERE (due <= :now OR due > :longest) AND id = "
    "(SELECT MIN(id) FROM hook_message AS other WHERE other.pid = mine.pid) ORDER BY id LIMIT :limit"
)
_NEXT = sa.text("SELECT MIN(due) FROM hook_message WHERE due > :now")
_DONE = sa.text("DELETE FROM hook_message WHERE id = :id")
_LATER = sa.text("UPDATE hook_message SET tries = tries + 1, due = :due WHERE id = :id")


class Row(NamedTuple):
    """One webhook."""

    pid: Pid
    room: RoomId
    by: Pid
    created: int
    used: int | None
    dev: Dev | None
    """The device under which it writes; none before its first message."""
    seq: int
    """Number of that device's last message that relay has."""
    name: str


class Message(NamedTuple):
    """One message that waits for relay."""

    id: int
    pid: Pid
    msg: MsgId
    text: str
    tries: int


def get(tx: Tx, pid: Pid) -> Row | None:
    """The webhook, whether it is still in its room or not."""
    row = tx.execute(_GET, {"pid": pid}).first()
    return Row(*row) if row else None


def by_token(tx: Tx, token: str) -> Row | None:
    """The webhook in its room whose secret has this hash."""
    row = tx.execute(_BY_TOKEN, {"token": token}).first()
    return Row(*row) if row else None


def of_room(tx: Tx, room: RoomId) -> list[Row]:
    """The webhooks of a room, oldest first."""
    return [Row(*row) for row in tx.execute(_OF_ROOM, {"room": room})]


def outside(tx: Tx) -> list[Row]:
    """Webhooks that are no longer in their room."""
    return [Row(*row) for row in tx.execute(_OUTSIDE)]


def add(tx: Tx, pid: Pid, room: RoomId, token: str, *, by: Pid, now: int) -> None:
    """A new webhook; `token` is the secret's hash."""
    tx.execute(_ADD, {"pid": pid, "room": room, "token": token, "by": by, "created": now})


def turn(tx: Tx, pid: Pid, token: str) -> None:
    """Another secret."""
    tx.execute(_TURN, {"pid": pid, "token": token})


def writes_under(tx: Tx, pid: Pid, dev: Dev) -> None:
    """A new device, which counts from 1."""
    tx.execute(_DEVICE, {"pid": pid, "dev": dev})


def counted(tx: Tx, pid: Pid, dev: Dev, seq: int) -> None:
    """Relay has the device's message of this number."""
    tx.execute(_SEQ, {"pid": pid, "dev": dev, "seq": seq})


def used(tx: Tx, pid: Pid, now: int) -> None:
    """Relay took a message."""
    tx.execute(_USED, {"pid": pid, "now": now})


def drop(tx: Tx, pid: Pid) -> None:
    """Ends a webhook, with all that waits."""
    tx.execute(_DROP_MESSAGES, {"pid": pid})
    tx.execute(_DROP, {"pid": pid})


def say(tx: Tx, pid: Pid, msg: MsgId, text: str, now: int) -> None:
    """Puts a message at the end of the webhook's queue."""
    tx.execute(_SAY, {"pid": pid, "msg": msg, "text": text, "at": now})


def waiting(tx: Tx, pid: Pid) -> int:
    """How many messages wait."""
    return int(tx.execute(_WAIT, {"pid": pid}).scalar_one())


def all_waiting(tx: Tx) -> dict[Pid, int]:
    """How many messages wait, by webhook."""
    return {row.pid: row.number for row in tx.execute(_WAITING)}


def heads(tx: Tx, now: int, longest: int, limit: int) -> list[Message]:
    """The first message of each webhook whose time has come; also what is due later than `longest`, by a clock that was set back since."""
    return [Message(*row) for row in tx.execute(_HEADS, {"now": now, "longest": longest, "limit": limit})]


def next_due(tx: Tx, now: int) -> int | None:
    """When the next message kept for later is due."""
    return tx.execute(_NEXT, {"now": now}).scalar()


def done(tx: Tx, message: int) -> None:
    """Forgets a message that relay has, or that will never be one."""
    tx.execute(_DONE, {"id": message})


def later(tx: Tx, message: int, due: int) -> None:
    """Keeps a message for another try at `due` (s since 1970)."""
    tx.execute(_LATER, {"id": message, "due": due})
