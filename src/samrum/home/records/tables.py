"""SQL of the records: how far they are, the sealed mirror, the messages opened from it, mentions and read positions.

Rooms and people are short numbers here. A message's `id` is its room's number times 2^28 plus its position (`message_id`).
Others may read: `progress`, `unread`, `mentions`, `sealed`.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Prepared, Tx
from samrum.wire.ids import Pid, RoomId

SHIFT: Final = 28
MAX_POS: Final = (1 << SHIFT) - 1
"""The largest position that a message's id has room for."""
_MARK = (1 << SHIFT) - 1


def _sql(text: str) -> Prepared:
    return Prepared(sa.text(text))


_PROGRESS = sa.text("SELECT mirrored, reads, indexed, stored, done, removed FROM progress")
_MIRRORED = sa.text("UPDATE progress SET mirrored = :n, stored = stored + :rows")
_READ_TO = sa.text("UPDATE progress SET reads = :n")
_INDEXED = sa.text("UPDATE progress SET indexed = :n, done = done + :rows, removed = removed + :removed")
_TIDIED = sa.text("UPDATE progress SET removed = 0")
_ROOM = _sql("SELECT number FROM room_number WHERE room = :room")
_NEW_ROOM = _sql("INSERT INTO room_number (room) VALUES (:room)")
_ROOMS = _sql("SELECT room, number FROM room_number WHERE room IN (SELECT value FROM json_each(:rooms))")
_PERSON = _sql("SELECT number FROM person_number WHERE pid = :pid")
_NEW_PERSON = _sql("INSERT INTO person_number (pid) VALUES (:pid)")
_PEOPLE = _sql("SELECT pid, number FROM person_number WHERE pid IN (SELECT value FROM json_each(:pids))")
_PIDS = _sql("SELECT number, pid FROM person_number WHERE number IN (SELECT value FROM json_each(:numbers))")
_MIRROR = _sql(
    "INSERT INTO mirror (n, room, pos, env, at) VALUES (:n, :room, :pos, :env, :at) ON CONFLICT DO NOTHING",
)
_NEXT = _sql(
    "SELECT m.n, r.room, m.pos, m.env, m.at FROM mirror m JOIN room_number r ON r.number = m.room "
    "WHERE m.n > :after ORDER BY m.n LIMIT :limit",
)
_MESSAGE = "id, n, edit, msg, person, at, epoch, kind, thread, has, everyone, word, deleted, length"
_BY_MSG = _sql(f"SELECT {_MESSAGE} FROM message WHERE msg = :msg")  # noqa: S608  a constant
_PUT = _sql(
    f"INSERT OR REPLACE INTO message ({_MESSAGE}) VALUES "  # noqa: S608
    "(:id, :n, :edit, :msg, :person, :at, :epoch, :kind, :thread, :has, :everyone, :word, :deleted, :length)",
)
_UNMENTION = _sql("DELETE FROM mention WHERE id = :id")
_MENTION = _sql("INSERT INTO mention (person, id) VALUES (:person, :id) ON CONFLICT DO NOTHING")
_READ = _sql(
    "INSERT INTO read_position (room, person, pos) VALUES (:room, :person, :pos) "
    "ON CONFLICT (room, person) DO UPDATE SET pos = MAX(pos, excluded.pos)",
)
_SEQUENCE = _sql("SELECT seq FROM sequence WHERE room = :room AND dev = :dev")
_PUT_SEQUENCE = _sql(
    "INSERT INTO sequence (room, dev, seq) VALUES (:room, :dev, :seq) ON CONFLICT (room, dev) DO UPDATE SET seq = excluded.seq",
)
_SKIP = _sql("INSERT INTO skipped (n, cause) VALUES (:n, :cause) ON CONFLICT DO NOTHING")
_SKIPPED = sa.text("SELECT cause, COUNT(*) AS number FROM skipped GROUP BY cause ORDER BY cause")
_SEALED = _sql("SELECT env FROM mirror WHERE n = :n")
_MENTIONS = _sql(
    "SELECT r.room, m.id, m.epoch FROM (SELECT id FROM mention WHERE person = :person "
    "UNION SELECT id FROM message WHERE everyone = 1) one "
    "JOIN message m ON m.id = one.id JOIN room_number r ON r.number = m.id >> 28 "
    "LEFT JOIN read_position p ON p.room = r.number AND p.person = :person "
    "WHERE m.person != :person AND m.deleted = 0 AND (m.id & :mark) > COALESCE(p.pos, 0) "
    "AND r.room IN (SELECT value FROM json_each(:rooms)) ORDER BY m.id DESC",
)
_UNREAD = _sql(
    "SELECT m.id & :mark AS pos, m.n, m.epoch, p.pid, m.at, m.kind, m.word, x.at AS came, "
    "(m.everyone = 1 OR EXISTS (SELECT 1 FROM mention q WHERE q.id = m.id AND q.person = :person)) AS mentions "
    "FROM message m JOIN person_number p ON p.number = m.person JOIN mirror x ON x.n = m.n "
    "WHERE m.id > (:room << 28) + COALESCE((SELECT pos FROM read_position WHERE room = :room AND person = :person), 0) "
    "AND m.id < (:room + 1) << 28 AND m.person != :person AND m.deleted = 0 ORDER BY m.id LIMIT :limit",
)
_NOTED = _sql(
    "SELECT m.n, r.room, m.pos, x.at, p.pid, x.kind, x.everyone, "
    "(SELECT json_group_array(q.pid) FROM mention o JOIN person_number q ON q.number = o.person WHERE o.id = x.id) AS mentions "
    "FROM mirror m JOIN message x ON x.id = (m.room << 28) | m.pos JOIN person_number p ON p.number = x.person "
    "JOIN room_number r ON r.number = m.room "
    "WHERE m.n > :after AND m.n <= (SELECT indexed FROM progress) AND x.deleted = 0 ORDER BY m.n LIMIT :limit",
)
_READ_BY = _sql(
    "SELECT r.room, p.pos FROM read_position p JOIN room_number r ON r.number = p.room "
    "WHERE p.person = :person AND r.room IN (SELECT value FROM json_each(:rooms))",
)
_STILL = _sql(
    "SELECT x.id & :mark, x.word FROM message x WHERE x.id IN (SELECT (:room << 28) | value FROM json_each(:places)) "
    "AND x.deleted = 0 AND (x.id & :mark) > COALESCE((SELECT pos FROM read_position WHERE room = :room AND person = :person), 0)",
)
_ENVELOPE = _sql("SELECT COALESCE(edit, n) FROM message WHERE id = :id AND deleted = 0")
_FORGET = (
    "DELETE FROM mention WHERE id BETWEEN :first AND :last",
    "DELETE FROM message WHERE id BETWEEN :first AND :last",
    "DELETE FROM skipped WHERE n IN (SELECT n FROM mirror WHERE room = :room AND pos BETWEEN :from AND :upto)",
)
_FORGET_EDITS = sa.text(
    "UPDATE message SET edit = NULL WHERE edit IN (SELECT n FROM mirror WHERE room = :room AND pos BETWEEN :from AND :upto)"
)
_UNMIRROR = sa.text("DELETE FROM mirror WHERE room = :room AND pos BETWEEN :from AND :upto")
_SHRINK = sa.text("UPDATE progress SET stored = stored - :rows, done = done - :done")
_COUNT_MIRROR = sa.text(
    "SELECT COUNT(*), COALESCE(SUM(n <= (SELECT indexed FROM progress)), 0) FROM mirror "
    "WHERE room = :room AND pos BETWEEN :from AND :upto"
)


class Progress(NamedTuple):
    """How far the records are. Cursors are relay's numbers; `stored` and `done` count envelopes here and those gone over."""

    mirrored: int
    reads: int
    indexed: int
    stored: int
    done: int
    removed: int
    """Messages whose words were taken out since the index was last merged."""


class Row(NamedTuple):
    """One message as the index knows it: of kind 1, or a call's ring (kind 5)."""

    id: int
    n: int
    """Its own envelope in the mirror …"""
    edit: int | None
    """… and the one of its last edit."""
    msg: bytes
    person: int
    at: int
    """When it was written, not later than it came here (s since 1970)."""
    epoch: int
    kind: int
    thread: bytes | None
    has: int
    """What it brings along, as bits (`actions.BITS`)."""
    everyone: int
    """1: it mentions everybody in the room."""
    word: str | None
    """Of a ring: the last word said of the call."""
    deleted: int
    length: int = 0
    """How many words it has."""


class Sealed(NamedTuple):
    """One envelope of the mirror."""

    n: int
    room: RoomId
    pos: int
    env: bytes
    at: int
    """When it came here (s since 1970)."""


class Unread(NamedTuple):
    """One message that a person has not read."""

    pos: int
    n: int
    epoch: int
    pid: Pid
    at: int
    kind: int
    word: str | None
    came: int
    """When it came here (s since 1970)."""
    mentions: int
    """1: it mentions the person, or everybody."""


def message_id(room: int, pos: int) -> int:
    """The id of the message at a position of a room (its number)."""
    return (room << SHIFT) | pos


def place(message: int) -> tuple[int, int]:
    """Room number and position of a message's id."""
    return message >> SHIFT, message & _MARK


# ---- how far


def progress(tx: Tx) -> Progress:
    """How far the records are."""
    return Progress(*tx.execute(_PROGRESS).one())


def indexed(tx: Tx, upto: int, rows: int, removed: int) -> None:
    """The index is made of the log up to a number."""
    tx.execute(_INDEXED, {"n": upto, "rows": rows, "removed": removed})


def tidied(tx: Tx) -> None:
    """Nothing that was taken out is left in the index's pages."""
    tx.execute(_TIDIED)


def skipped(tx: Tx) -> dict[str, int]:
    """How many envelopes are not in the index, by cause."""
    return {row.cause: row.number for row in tx.execute(_SKIPPED)}


# ---- numbers


def room_numbers(tx: Tx, rooms: Iterable[RoomId]) -> dict[RoomId, int]:
    """The numbers of those rooms that have any messages."""
    return dict(_ROOMS.rows(tx, {"rooms": json.dumps(list(rooms))}))


def person_numbers(tx: Tx, pids: Iterable[Pid]) -> dict[Pid, int]:
    """The numbers of those people who have written, read or been mentioned."""
    return dict(_PEOPLE.rows(tx, {"pids": json.dumps(list(pids))}))


def pids(tx: Tx, numbers: Iterable[int]) -> dict[int, Pid]:
    """Whose numbers they are."""
    return dict(_PIDS.rows(tx, {"numbers": json.dumps(list(numbers))}))


def number_room(tx: Tx, room: RoomId) -> int:
    """The room's number, new if need be."""
    return _number(tx, _ROOM, _NEW_ROOM, {"room": room})


def number_person(tx: Tx, pid: Pid) -> int:
    """The person's number, new if need be."""
    return _number(tx, _PERSON, _NEW_PERSON, {"pid": pid})


def _number(tx: Tx, get: Prepared, make: Prepared, values: dict[str, object]) -> int:
    row = get.row(tx, values)
    if row is None:
        make.run(tx, [values])
        row = get.row(tx, values)
        assert row is not None  # it was just made
    return int(row[0])


# ---- the mirror


def mirror(tx: Tx, rows: Sequence[Sealed], upto: int) -> None:
    """Keeps a page of relay's log, with the cursor after it."""
    numbers: dict[RoomId, int] = {}
    for row in rows:
        if row.room not in numbers:
            numbers[row.room] = number_room(tx, row.room)
    _MIRROR.run(tx, [row._asdict() | {"room": numbers[row.room]} for row in rows])
    tx.execute(_MIRRORED, {"n": upto, "rows": len(rows)})


def after(tx: Tx, n: int, limit: int) -> list[Sealed]:
    """The mirror after a number, in relay's order of commits."""
    return [Sealed(*row) for row in _NEXT.rows(tx, {"after": n, "limit": limit})]


def sealed(tx: Tx, n: int) -> bytes | None:
    """One envelope as relay has it."""
    row = _SEALED.row(tx, {"n": n})
    return row[0] if row else None


# ---- messages


def by_msg(tx: Tx, msg: bytes) -> Row | None:
    """The message with this id (raw)."""
    row = _BY_MSG.row(tx, {"msg": msg})
    return Row(*row) if row else None


def put(tx: Tx, rows: Iterable[Row]) -> None:
    """New and changed messages."""
    _PUT.run(tx, [row._asdict() for row in rows])


def mention(tx: Tx, message: int, people: Iterable[int]) -> None:
    """Whom a message mentions, and nobody else."""
    _UNMENTION.run(tx, [{"id": message}])
    _MENTION.run(tx, [{"person": one, "id": message} for one in people])


def skip(tx: Tx, causes: Iterable[tuple[int, str]]) -> None:
    """These envelopes are not indexed."""
    _SKIP.run(tx, [{"n": n, "cause": cause} for n, cause in causes])


def sequence(tx: Tx, room: int, dev: bytes) -> int:
    """The number of the device's last envelope in the room; 0: none."""
    row = _SEQUENCE.row(tx, {"room": room, "dev": dev})
    return row[0] if row else 0


def put_sequences(tx: Tx, last: dict[tuple[int, bytes], int]) -> None:
    """The numbers of devices' last envelopes, by room's number and device (raw)."""
    _PUT_SEQUENCE.run(tx, [{"room": room, "dev": dev, "seq": seq} for (room, dev), seq in last.items()])


# ---- who has read what


def read(tx: Tx, rows: Iterable[tuple[RoomId, Pid, int]], upto: int) -> None:
    """Takes read positions, with the cursor after them."""
    values = [{"room": number_room(tx, room), "person": number_person(tx, pid), "pos": pos} for room, pid, pos in rows]
    _READ.run(tx, values)  # type: ignore[arg-type]
    tx.execute(_READ_TO, {"n": upto})


def mentions(tx: Tx, pid: Pid, rooms: Iterable[RoomId]) -> list[tuple[RoomId, int, int]]:
    """Unread messages by others that mention a person or everybody in one of `rooms`: `(room, position, epoch)`.

    Newest first within a room. The caller leaves out epochs that the person may not see.
    """
    person = person_numbers(tx, [pid]).get(pid, -1)
    values = {"person": person, "mark": _MARK, "rooms": json.dumps(list(rooms))}
    return [(room, message & _MARK, epoch) for room, message, epoch in _MENTIONS.rows(tx, values)]


def unread(tx: Tx, pid: Pid, room: RoomId, limit: int) -> list[Unread]:
    """What others wrote, or rang, in a room after the person's read position, oldest first; without what was deleted.

    The caller leaves out epochs that the person may not see.
    """
    number = room_numbers(tx, [room]).get(room)
    if number is None:
        return []
    person = person_numbers(tx, [pid]).get(pid, -1)
    values: dict[str, object] = {"mark": _MARK, "person": person, "room": number, "limit": limit}
    return [Unread(*row) for row in _UNREAD.rows(tx, values)]


class Noted(NamedTuple):
    """A message or a ring, when it was indexed first; without those that were deleted since."""

    n: int
    room: RoomId
    pos: int
    at: int
    pid: Pid
    kind: int
    everyone: int
    mentions: str
    """JSON: the pseudonyms that it mentions now."""


def noted(tx: Tx, after: int, limit: int) -> list[Noted]:
    """What has been indexed after a number of the log, in its order."""
    return [Noted(*row) for row in _NOTED.rows(tx, {"after": after, "limit": limit})]


def read_by(tx: Tx, pid: Pid, rooms: Iterable[RoomId]) -> dict[RoomId, int]:
    """How far a person has read; without rooms of which nothing is known."""
    person = person_numbers(tx, [pid]).get(pid, -1)
    return dict(_READ_BY.rows(tx, {"person": person, "rooms": json.dumps(list(rooms))}))


def still_unread(tx: Tx, pid: Pid, room: RoomId, places: Iterable[int]) -> dict[int, str | None]:
    """Which of these positions of a room a person has not read, deleted ones apart; of a call with the last word said of it."""
    number = room_numbers(tx, [room]).get(room)
    if number is None:
        return {}
    person = person_numbers(tx, [pid]).get(pid, -1)
    values = {"mark": _MARK, "room": number, "person": person, "places": json.dumps(list(places))}
    return dict(_STILL.rows(tx, values))


def sealed_at(tx: Tx, room: RoomId, pos: int) -> bytes | None:
    """What says what the message at a position says now: its own envelope, or that of its last edit; `None`: it was deleted."""
    number = room_numbers(tx, [room]).get(room)
    row = None if number is None else _ENVELOPE.row(tx, {"id": message_id(number, pos)})
    return sealed(tx, row[0]) if row else None


# ---- purging


def forget(tx: Tx, room: int, first: int, last: int) -> None:
    """Takes positions `first` to `last` of a room (its number) out of messages and mirror; the words are the caller's."""
    values = {
        "room": room,
        "from": first,
        "upto": last,
        "first": message_id(room, first),
        "last": message_id(room, last),
    }
    rows, done = tx.execute(_COUNT_MIRROR, values).one()
    tx.execute(_FORGET_EDITS, values)
    for statement in _FORGET:
        tx.execute(sa.text(statement), values)
    tx.execute(_UNMIRROR, values)
    tx.execute(_SHRINK, {"rows": rows, "done": done})
