"""Rooms as one person sees them: the row, the chain and where it begins, the members by name."""

from typing import Final

from samrum.home.errors import NotFound
from samrum.home.people import folding
from samrum.home.people import tables as people
from samrum.home.people.actions import ranked
from samrum.home.rooms import tables
from samrum.home.settings import tables as mine
from samrum.plumbing.transactions import Tx
from samrum.wire.home_api import Changed, Keys, Room, RoomPeople, RoomPerson, Rosters
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Access, HistoryRule, Post
from samrum.wire.statements import Kind, Role

MAX_NAMES: Final = 500
LAST_STATEMENTS: Final = 20
"""Statements of a chain that a follower gets unasked."""
MAX_CHAIN: Final = 100_000
"""Characters of a chain that the answer to a change may carry whole."""
MAX_CHAINS: Final = 500_000
"""Characters of chains in one answer to `POST /rosters`; the first statement of each goes in any case."""
PEOPLE_PAGE: Final = 200
"""Members by name in one answer."""


def room(tx: Tx, pid: Pid, room_id: RoomId) -> Room | None:
    """The room now, as the person sees it, or as `removed` for who was in it once; `None` for everybody else."""
    row = tables.get(tx, room_id)
    if row is None:
        return None
    kind = Kind(row.kind)
    role = tables.role_of(tx, room_id, pid)
    if role is not None:
        adding, removing = tables.pending(tx, row)
        ownerless = kind != Kind.DIRECT and role != Role.OWNER and not tables.owned(tx, room_id)
        return Room(
            room=room_id,
            kind=kind,
            version=row.version,
            delivered=row.delivered,
            title=row.title,
            count=tables.count(tx, room_id),
            role=role,
            adding=adding,
            removing=removing,
            topic=row.topic,
            access=Access(row.access),
            post=Post(row.post),
            history=HistoryRule(row.history),
            retention=row.retention,
            archived=bool(row.archived),
            picture=row.picture,
            ownerless=ownerless,
            may_own=ownerless and tables.heirs(tx, room_id, pid, role),
            mine=mine.of_room(tx, pid, room_id),
        )
    left = tables.left_at(tx, room_id, pid)
    if left is None:
        return None
    return Room(room=room_id, kind=kind, version=left, delivered=min(left, row.delivered), removed=True)


def chain(tx: Tx, pid: Pid, room_id: RoomId, after: int) -> list[str]:
    """The statements after a version that the person may see: all of one's own room, of a former one up to the removal."""
    seen = room(tx, pid, room_id)
    return tables.chain(tx, room_id, after, seen.version) if seen else []


def last(tx: Tx, seen: Room, budget: int) -> list[str]:
    """The last statements of a room's chain up to the version seen, as many as fit, oldest first."""
    statements = tables.chain(tx, seen.room, max(0, seen.version - LAST_STATEMENTS), seen.version)
    fitting: list[str] = []
    for one in reversed(statements):
        budget -= len(one)
        if budget < 0:
            break
        fitting.append(one)
    return fitting[::-1]


def chains(tx: Tx, pid: Pid, wanted: dict[RoomId, int], *, fresh: bool) -> Rosters:
    """The chains after the given versions, as much as fits; with `fresh` from the newest snapshot instead of from the beginning."""
    found, left = Rosters(rosters={}, snapshots={}), MAX_CHAINS
    for room_id, after in wanted.items():
        start = snapshot(tx, pid, room_id) if fresh and after == 0 else None
        if start:
            found.snapshots[room_id] = start[1]
        statements = chain(tx, pid, room_id, start[0] if start else after)
        fitting: list[str] = []
        for one in statements:
            if fitting and len(one) > left:
                break
            fitting.append(one)
            left -= len(one)
        if fitting or start:
            found.rosters[room_id] = fitting
    return found


def snapshot(tx: Tx, pid: Pid, room_id: RoomId) -> tuple[int, str] | None:
    """Version and statement of the newest snapshot, for who is in the room."""
    return tables.snapshot(tx, room_id) if tables.role_of(tx, room_id, pid) is not None else None


def changed(tx: Tx, pid: Pid, room_id: RoomId) -> Changed:
    """The answer to a change, without keys; raises `NotFound`."""
    seen = room(tx, pid, room_id)
    if seen is None:
        raise NotFound
    start = snapshot(tx, pid, room_id)
    statements = tables.chain(tx, room_id, start[0] if start else 0, seen.version)
    if sum(map(len, statements)) > MAX_CHAIN:
        start, statements = None, statements[-LAST_STATEMENTS:]
    names = [] if seen.removed else people.of_rooms(tx, [room_id], MAX_NAMES)
    return Changed(room=seen, rosters=statements, people=names, keys=Keys(), snapshot=start[1] if start else None)


def by_name(tx: Tx, pid: Pid, room_id: RoomId, *, text: str, skip: int, limit: int) -> RoomPeople:
    """A page of the room's members by name, or of those whom a search finds, best first; raises `NotFound`."""
    if tables.role_of(tx, room_id, pid) is None:
        raise NotFound
    query = folding.Query(text)
    members = people.of_room(tx, room_id, *query.pieces())
    found = ranked(query, (candidate for candidate, _ in members.values()))
    some = found[max(0, skip) :][: max(1, min(limit, PEOPLE_PAGE))]
    return RoomPeople(people=[RoomPerson(person=one, role=members[one.pid][1]) for one in some], count=len(found))
