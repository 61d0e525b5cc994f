"""SQL of rooms: the row, the members now, the intervals of membership and of leading, the signed chain, its newest snapshot."""

from typing import Final, NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.chain import Member, RoomState
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Access
from samrum.wire.statements import NOBODY, Kind, Policy, Role

_ROOM = (
    "room, kind, title, history, post, retention, creator, version, head, delivered, epoch, changed, changes, epoch_due, epoch_lost, "
    "topic, access, archived, open_from, picture"
)
_GET = sa.text(f"SELECT {_ROOM} FROM room WHERE room = :room")  # noqa: S608  a constant
_ADD = sa.text(
    f"INSERT INTO room ({_ROOM}, pair) "  # noqa: S608
    "VALUES (:room, :kind, :title, :history, :post, :retention, :creator, 0, :head, 0, 0, :changed, 0, NULL, NULL, "
    ":topic, :access, 0, 1, NULL, :pair)"
)
_OF_PAIR = sa.text("SELECT room FROM room WHERE pair = :pair")
_STATE = sa.text(
    "UPDATE room SET version = :version, head = :head, epoch = :epoch, changed = :changed, changes = changes + :number, "
    "epoch_due = :due, epoch_lost = :lost WHERE room = :room"
)
_SHAPE = sa.text(
    "UPDATE room SET title = :title, topic = :topic, post = :post, access = :access, history = :history, archived = :archived, "
    "open_from = :open_from, changed = :changed WHERE room = :room"
)
_PICTURE = sa.text("UPDATE room SET picture = :picture WHERE room = :room")
_MEMBERS = sa.text("SELECT pid, role, until FROM member WHERE room = :room")
_ROLE_OF = sa.text("SELECT role FROM member WHERE room = :room AND pid = :pid")
_ADD_MEMBER = sa.text("INSERT INTO member (room, pid, role, until) VALUES (:room, :pid, :role, :until)")
_CHANGE_MEMBER = sa.text("UPDATE member SET role = :role, until = :until WHERE room = :room AND pid = :pid")
_DROP_MEMBER = sa.text("DELETE FROM member WHERE room = :room AND pid = :pid")
_BEGIN = sa.text("INSERT INTO membership (room, pid, from_version, from_epoch) VALUES (:room, :pid, :version, :epoch)")
_FINISH = sa.text(
    "UPDATE membership SET to_version = :version, to_epoch = :epoch WHERE room = :room AND pid = :pid AND to_version IS NULL"
)
_ADD_ROSTER = sa.text("INSERT INTO roster (room, version, jws, epoch) VALUES (:room, :version, :jws, :epoch)")
_OF_PERSON = sa.text(
    "SELECT r.room FROM room r JOIN member m ON m.room = r.room WHERE m.pid = :pid ORDER BY r.changed DESC, r.room"
)
_LEFT_AT = sa.text("SELECT MAX(to_version) FROM membership WHERE room = :room AND pid = :pid")
_CHAIN = sa.text("SELECT jws FROM roster WHERE room = :room AND version > :after AND version <= :upto ORDER BY version")
_COUNT = sa.text("SELECT COUNT(*) FROM member WHERE room = :room")
_OWNERLESS = sa.text(
    "SELECT room, kind, title, archived, (SELECT COUNT(*) FROM member m WHERE m.room = room.room) AS members FROM room "
    "WHERE kind <> 'direct' AND NOT EXISTS (SELECT 1 FROM member m WHERE m.room = room.room AND m.role = 'owner') ORDER BY room"
)
_WITH_ROLE = sa.text("SELECT 1 FROM member WHERE room = :room AND role = :role LIMIT 1")
_LONGEST = sa.text(
    "WITH heir AS (SELECT m.pid, s.from_version FROM member m JOIN person p ON p.pid = m.pid AND p.integration = 0 "
    "JOIN membership s ON s.room = m.room AND s.pid = m.pid AND s.to_version IS NULL WHERE m.room = :room AND m.role = 'member') "
    "SELECT pid FROM heir WHERE from_version = (SELECT MIN(from_version) FROM heir)"
)
_FORGET_MINE = sa.text("DELETE FROM mine WHERE room = :room AND pid = :pid")
_PUT_DUE = sa.text("UPDATE room SET epoch_due = :now WHERE room = :room AND (epoch_due IS NULL OR epoch_due > :now)")
_DUE = sa.text("SELECT room FROM room WHERE epoch_due <= :now LIMIT :limit")
_NO_SNAPSHOT = sa.text("DELETE FROM snapshot WHERE room = :room")
_ADD_SNAPSHOT = sa.text("INSERT INTO snapshot (room, version, jws, list) VALUES (:room, :version, :jws, :list)")
_COUNTED = sa.text("UPDATE room SET changes = 0 WHERE room = :room")
_SNAPSHOT = sa.text("SELECT version, jws FROM snapshot WHERE room = :room")
_LIST = sa.text("SELECT version, list FROM snapshot WHERE room = :room")
_EPOCH_AT = sa.text("SELECT epoch FROM roster WHERE room = :room AND version = :version")
_SPANS = sa.text(
    "SELECT m.pid, came.epoch AS first, went.epoch AS last FROM membership m "
    "JOIN roster came ON came.room = m.room AND came.version = m.from_version "
    "LEFT JOIN roster went ON went.room = m.room AND went.version = m.to_version - 1 AND m.to_version <= :version "
    "WHERE m.room = :room AND m.pid IN :pids AND m.from_version <= :version ORDER BY m.from_version"
).bindparams(sa.bindparam("pids", expanding=True))
_LEAD = sa.text("INSERT INTO leader (room, pid, from_version) VALUES (:room, :pid, :version)")
_LEAVE_LEAD = sa.text(
    "UPDATE leader SET to_version = :version WHERE room = :room AND pid = :pid AND to_version IS NULL"
)
_LED = sa.text(
    "SELECT l.pid, came.epoch AS first, went.epoch AS last FROM leader l "
    "JOIN roster came ON came.room = l.room AND came.version = l.from_version "
    "LEFT JOIN roster went ON went.room = l.room AND went.version = l.to_version - 1 AND l.to_version <= :version "
    "WHERE l.room = :room AND l.from_version <= :version ORDER BY l.from_version"
)
_ADDING = sa.text(
    "SELECT pid FROM membership AS new WHERE room = :room AND to_version IS NULL AND from_version > :delivered "
    "AND NOT EXISTS (SELECT 1 FROM membership AS old WHERE old.room = new.room AND old.pid = new.pid "
    "AND old.from_version <= :delivered AND old.to_version > :delivered) ORDER BY pid LIMIT :most"
)
_REMOVING = sa.text(
    "SELECT pid FROM membership AS old WHERE room = :room AND from_version <= :delivered AND to_version > :delivered "
    "AND NOT EXISTS (SELECT 1 FROM member WHERE member.room = old.room AND member.pid = old.pid) ORDER BY pid LIMIT :most"
)
_FOUNDED = sa.text("INSERT INTO founding (title, room) VALUES (:title, :room) ON CONFLICT DO NOTHING")
_FOUNDING = sa.text("SELECT room FROM founding WHERE title = :title")
LEADING: Final = (Role.OWNER, Role.MODERATOR)
PENDING: Final = 200
"""People named as on their way in or out."""


class Row(NamedTuple):
    """One room."""

    room: RoomId
    kind: str
    title: str
    history: str
    post: str
    retention: str
    creator: Pid
    version: int
    head: str
    delivered: int
    epoch: int
    changed: int
    changes: int = 0
    """Changed members, or statements without any, since the newest snapshot."""
    epoch_due: int | None = None
    """When the next epoch begins for somebody who lost the right (s since 1970)."""
    epoch_lost: int | None = None
    """When an epoch last began because somebody or some device lost the right."""
    topic: str = ""
    access: str = "private"
    archived: int = 0
    open_from: int = 1
    """The epoch from which newcomers read where history is open: the first, or that in which it was last opened."""
    picture: str | None = None
    """The picture's version."""

    def policy(self) -> Policy:
        """The rules that relay must know."""
        return Policy(kind=Kind(self.kind), history=self.history, post=NOBODY if self.archived else self.post)

    def joinable(self) -> bool:
        """Whether everybody may see it and come in."""
        return self.kind == Kind.CHANNEL and self.access == Access.PUBLIC and not self.archived


def get(tx: Tx, room: RoomId) -> Row | None:
    """The room, whoever asks."""
    row = tx.execute(_GET, {"room": room}).first()
    return Row(*row) if row else None


def add(tx: Tx, row: Row, pair: str | None) -> None:
    """A new room before its first roster. `pair` names the two people of a direct message and is unique."""
    tx.execute(_ADD, {**row._asdict(), "pair": pair})


def of_pair(tx: Tx, pair: str) -> RoomId | None:
    """The direct message of two people."""
    room: RoomId | None = tx.execute(_OF_PAIR, {"pair": pair}).scalar()
    return room


def shape(tx: Tx, row: Row, now: int) -> None:
    """Writes what the room's owners and moderators chose."""
    tx.execute(_SHAPE, {**row._asdict(), "changed": now})


def put_picture(tx: Tx, room: RoomId, version: str | None) -> None:
    """The room has a picture of this version now, or none."""
    tx.execute(_PICTURE, {"room": room, "picture": version})


def members(tx: Tx, room: RoomId) -> dict[Pid, Member]:
    """Who is in the room now."""
    return {row.pid: Member(Role(row.role), row.until) for row in tx.execute(_MEMBERS, {"room": room})}


def role_of(tx: Tx, room: RoomId, pid: Pid) -> Role | None:
    """The person's role in the room now."""
    role = tx.execute(_ROLE_OF, {"room": room, "pid": pid}).scalar()
    return Role(role) if role else None


def save(
    tx: Tx,
    before: RoomState,
    after: RoomState,
    statement: str,
    *,
    first: int,
    now: int,
    turn: "Turn",
    number: int,
) -> None:
    """Writes one change of `number` members: the signed roster, the members, the intervals of membership.

    `first`: the epoch from which those read who come by it.
    """
    room, epoch = after.room, after.epoch.n if after.epoch else 0
    tx.execute(_ADD_ROSTER, {"room": room, "version": after.version, "jws": statement, "epoch": epoch})
    row = {"room": room, "version": after.version, "head": after.head, "epoch": epoch, "changed": now, "number": number}
    tx.execute(_STATE, row | {"due": turn.due, "lost": turn.lost})
    last_epoch = before.epoch.n if before.epoch else 0
    # Who goes while the key stays may not fetch it any more: it is in use.
    last_own = last_epoch if epoch > last_epoch else last_epoch - 1
    gone = [{"room": room, "pid": pid} for pid in before.members.keys() - after.members.keys()]
    if gone:
        tx.execute(_DROP_MEMBER, gone)
        tx.execute(_FORGET_MINE, gone)
        tx.execute(_FINISH, [one | {"version": after.version, "epoch": last_own} for one in gone])
    added: list[dict[str, str | int | None]] = []
    changed: list[dict[str, str | int | None]] = []
    for pid, member in after.members.items():
        if before.members.get(pid) != member:
            values = {"room": room, "pid": pid, "role": str(member.role), "until": member.until}
            (changed if pid in before.members else added).append(values)
    if added:
        tx.execute(_ADD_MEMBER, added)
        begin = [{"room": room, "pid": one["pid"], "version": after.version, "epoch": first} for one in added]
        tx.execute(_BEGIN, begin)
    if changed:
        tx.execute(_CHANGE_MEMBER, changed)
    leading = [{pid for pid, member in one.members.items() if member.role in LEADING} for one in (before, after)]
    for sql, pids in ((_LEAVE_LEAD, leading[0] - leading[1]), (_LEAD, leading[1] - leading[0])):
        if pids:
            tx.execute(sql, [{"room": room, "pid": pid, "version": after.version} for pid in sorted(pids)])


class Turn(NamedTuple):
    """What becomes of a room's epochs by a change."""

    now: bool
    """A new epoch begins with it."""
    due: int | None
    """When the next one is due."""
    lost: int | None
    """When one last began because somebody lost the right."""


def count(tx: Tx, room: RoomId) -> int:
    """How many members the room has."""
    return int(tx.execute(_COUNT, {"room": room}).scalar_one())


def owned(tx: Tx, room: RoomId) -> bool:
    """Whether somebody owns the room."""
    return tx.execute(_WITH_ROLE, {"room": room, "role": Role.OWNER}).first() is not None


def heirs(tx: Tx, room: RoomId, pid: Pid, role: Role) -> bool:
    """Whether a member is one of those who may take over what nobody owns: moderators, else those who are in it longest."""
    if role == Role.MODERATOR or tx.execute(_WITH_ROLE, {"room": room, "role": Role.MODERATOR}).first():
        return role == Role.MODERATOR
    return any(row.pid == pid for row in tx.execute(_LONGEST, {"room": room}))


class Ownerless(NamedTuple):
    """A room that nobody owns, as administrators see it."""

    room: RoomId
    kind: str
    title: str
    archived: int
    members: int


def ownerless(tx: Tx) -> list[Ownerless]:
    """The rooms that nobody owns, also those without members."""
    return [Ownerless(*row) for row in tx.execute(_OWNERLESS)]


def put_due(tx: Tx, rooms: list[RoomId], now: int) -> None:
    """Makes the next epoch of these rooms due."""
    if rooms:
        tx.execute(_PUT_DUE, [{"room": room, "now": now} for room in rooms])


def due(tx: Tx, now: int, limit: int) -> list[RoomId]:
    """Rooms whose next epoch is due."""
    return [row.room for row in tx.execute(_DUE, {"now": now, "limit": limit})]


def put_snapshot(tx: Tx, room: RoomId, version: int, statement: str, listed: str) -> None:
    """Keeps the room's newest snapshot with its member list, one JSON line a member, sorted by pid."""
    tx.execute(_NO_SNAPSHOT, {"room": room})
    tx.execute(_ADD_SNAPSHOT, {"room": room, "version": version, "jws": statement, "list": listed})
    tx.execute(_COUNTED, {"room": room})


def snapshot(tx: Tx, room: RoomId) -> tuple[int, str] | None:
    """Version and statement of the room's newest snapshot."""
    row = tx.execute(_SNAPSHOT, {"room": room}).first()
    return (row.version, row.jws) if row else None


def snapshot_list(tx: Tx, room: RoomId) -> tuple[int, str] | None:
    """Version and member list of the room's newest snapshot."""
    row = tx.execute(_LIST, {"room": room}).first()
    return (row.version, row.list) if row else None


def epoch_at(tx: Tx, room: RoomId, version: int) -> int:
    """The room's epoch after a version; 0: there is none such."""
    epoch: int | None = tx.execute(_EPOCH_AT, {"room": room, "version": version}).scalar()
    return epoch or 0


def spans(tx: Tx, room: RoomId, version: int, pids: list[Pid]) -> dict[Pid, list[tuple[int, int | None]]]:
    """First and last epoch of the memberships that some people had by a version; no last one: still had it then."""
    found: dict[Pid, list[tuple[int, int | None]]] = {pid: [] for pid in pids}
    for row in tx.execute(_SPANS, {"room": room, "version": version, "pids": pids}) if pids else []:
        found[row.pid].append((row.first, row.last))
    return found


def led(tx: Tx, room: RoomId, version: int) -> dict[Pid, list[tuple[int, int | None]]]:
    """First and last epoch in which people were owner or moderator by a version; no last one: still were then."""
    found: dict[Pid, list[tuple[int, int | None]]] = {}
    for row in tx.execute(_LED, {"room": room, "version": version}):
        found.setdefault(row.pid, []).append((row.first, row.last))
    return found


def of_person(tx: Tx, pid: Pid) -> list[RoomId]:
    """The rooms a person is in, last changed first."""
    return [row.room for row in tx.execute(_OF_PERSON, {"pid": pid})]


def left_at(tx: Tx, room: RoomId, pid: Pid) -> int | None:
    """The version that last removed a person."""
    version: int | None = tx.execute(_LEFT_AT, {"room": room, "pid": pid}).scalar()
    return version


def chain(tx: Tx, room: RoomId, after: int, upto: int) -> list[str]:
    """The room's signed rosters after one version up to another, oldest first."""
    return [row.jws for row in tx.execute(_CHAIN, {"room": room, "after": after, "upto": upto})]


def pending(tx: Tx, row: Row) -> tuple[list[Pid], list[Pid]]:
    """Who is on the way in and who on the way out, for relay has not applied it yet; by pid, at most 200 each."""
    if row.delivered >= row.version:
        return [], []
    values = {"room": row.room, "delivered": row.delivered, "most": PENDING}
    adding, removing = ([one.pid for one in tx.execute(sql, values)] for sql in (_ADDING, _REMOVING))
    return adding, removing


def founded(tx: Tx, title: str, fresh: RoomId) -> RoomId:
    """The id of a room of the directory file: the remembered one, or `fresh`, which is remembered now."""
    tx.execute(_FOUNDED, {"title": title, "room": fresh})
    return RoomId(tx.execute(_FOUNDING, {"title": title}).scalar_one())
