"""All SQL of objects, their parts and links."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from samrum.plumbing.transactions import Prepared, Tx
from samrum.relay.schema import members, object_links, object_parts, objects
from samrum.wire.ids import MsgId, ObjectName, Pid, RoomId, TenantId


class Found(NamedTuple):
    """An object as it stands."""

    tenant: TenantId
    pid: Pid
    """Who uploads it."""
    size: int
    have: int
    """Bytes that are durable, from the first on."""
    linked: bool
    """A message links it, or did."""


class Part(NamedTuple):
    """A stretch of an object: where it begins, how long it is, and its name in the bucket."""

    at: int
    size: int
    name: str


_FOUND = Prepared(
    sa.select(objects.c.tenant, objects.c.pid, objects.c.size, objects.c.have, objects.c.linked).where(
        objects.c.object == sa.bindparam("object")
    )
)
_PART = Prepared(
    sa.select(object_parts.c.at, object_parts.c.size, object_parts.c.name)
    .where(object_parts.c.object == sa.bindparam("object"), object_parts.c.at <= sa.bindparam("at"))
    .order_by(object_parts.c.at.desc())
    .limit(1)
)
# By the person's rooms, which are few: a file may be linked by any number of messages.
_SHARED = Prepared(
    sa.select(sa.literal(1))
    .select_from(members)
    .where(
        members.c.pid == sa.bindparam("pid"),
        sa.or_(members.c.until.is_(None), members.c.until > sa.bindparam("now")),
        sa.exists().where(object_links.c.object == sa.bindparam("object"), object_links.c.room == members.c.room),
    )
    .limit(1)
)
_STALE = (
    sa.select(objects.c.object)
    .where(objects.c.linked == sa.false(), objects.c.touched < sa.bindparam("before"))
    .limit(sa.bindparam("most"))
)


def add(tx: Tx, name: ObjectName, size: int, *, tenant: TenantId, pid: Pid, now: int) -> None:
    """Begins an object."""
    row = {"object": name, "tenant": tenant, "pid": pid, "size": size, "have": 0, "linked": False, "touched": now}
    tx.execute(sa.insert(objects), row)


def unlinked_of(tx: Tx, pid: Pid) -> tuple[int, int]:
    """How many of a person's objects no message links, and their sizes together."""
    many = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(objects.c.size), 0))
    count, size = tx.execute(many.where(objects.c.pid == pid, objects.c.linked == sa.false())).one()
    return count, size


def find(tx: Tx, name: ObjectName) -> Found | None:
    """The object, if there is one of that name."""
    row = _FOUND.row(tx, {"object": name})
    return Found(row[0], row[1], row[2], row[3], bool(row[4])) if row else None


def put_part(tx: Tx, name: ObjectName, part: Part, now: int) -> bool:
    """Adds a part at the end of what is there; `False` if that has moved on meanwhile, or the object is gone."""
    moved = tx.execute(
        sa.update(objects)
        .where(objects.c.object == name, objects.c.have == part.at)
        .values(have=part.at + part.size, touched=now)
    )
    if moved.rowcount == 0:
        return False
    tx.execute(sa.insert(object_parts), {"object": name, "at": part.at, "size": part.size, "name": part.name})
    return True


def part_at(tx: Tx, name: ObjectName, at: int) -> Part | None:
    """The part in which the byte `at` stands, if it is there."""
    row = _PART.row(tx, {"object": name, "at": at})
    part = Part._make(row) if row else None
    return part if part is not None and at < part.at + part.size else None


def is_shared_with(tx: Tx, name: ObjectName, pid: Pid, now: float) -> bool:
    """Whether a message links it in a room of which the person is a member now."""
    return _SHARED.row(tx, {"object": name, "pid": pid, "now": now}) is not None


def link(tx: Tx, names: Iterable[ObjectName], room: RoomId, msg_id: MsgId) -> None:
    """Notes that a message links these."""
    wanted = sorted(set(names))
    tx.execute(sa.insert(object_links), [{"object": name, "room": room, "msg_id": msg_id} for name in wanted])
    tx.execute(sa.update(objects).where(objects.c.object.in_(wanted)).values(linked=True))


def stale(tx: Tx, before: int, most: int) -> list[ObjectName]:
    """Objects that no message links and nobody has added to since `before`."""
    return [row.object for row in tx.execute(_STALE, {"before": before, "most": most})]


def drop(tx: Tx, names: list[ObjectName]) -> list[str]:
    """Forgets objects that no message links; the names of their parts, which are in the bucket still."""
    parts = list(tx.scalars(sa.select(object_parts.c.name).where(object_parts.c.object.in_(names))))
    tx.execute(sa.delete(object_parts).where(object_parts.c.object.in_(names)))
    tx.execute(sa.delete(objects).where(objects.c.object.in_(names)))
    return parts


def known_parts(tx: Tx, names: list[str]) -> set[str]:
    """Those of these names in the bucket that stand in the database."""
    return set(tx.scalars(sa.select(object_parts.c.name).where(object_parts.c.name.in_(names))))
