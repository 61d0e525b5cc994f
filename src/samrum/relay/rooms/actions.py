"""Applying rosters; who may do what in a room; how a room looks to somebody who connects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from samrum.plumbing.transactions import Tx
from samrum.relay.errors import Refusal
from samrum.relay.rooms import tables
from samrum.wire.chain import Member, RoomState
from samrum.wire.codes import Code
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.statements import NOBODY, OutEntry, Role, Roster, members_hash
from samrum.wire.stream import EARLIER_EPOCH_SECONDS, RoomHead

UNREAD_MOST: Final = 1000
"""Unread messages of a room are counted no further."""

BIG_ROOM: Final = 500
"""From so many members on a room's hash is not computed for each connection anew."""
HASH_SECONDS: Final = 10
"""So long: an edited member table of a big room shows after this time at the latest."""

_RANK: Final[dict[str, int]] = {Role.GUEST: 0, Role.MEMBER: 1, Role.MODERATOR: 2, Role.OWNER: 3}


@dataclass(frozen=True, slots=True)
class RosterApplied:
    """A roster is durable: published to the hub and to meetings."""

    tenant: TenantId
    room: RoomId
    version: int
    jws: str
    members_hash: str
    """Of relay's own member table after the change."""
    entered: dict[Pid, Member]
    """Who is new, or has another role or end."""
    left: list[Pid]
    out: list[OutEntry]


def apply_roster(tx: Tx, roster: Roster, jws: str, now: float) -> RosterApplied | int:
    """Applies a verified roster; gives the version that relay holds if these very bytes were applied before.

    Raises `Refusal`: `roster_gap` with the version to go on from, or `bad_roster`.
    """
    state = tables.room_state(tx, roster.room)
    have = state.version if state else 0
    if state is not None and state.tenant != roster.tenant:
        raise Refusal(Code.BAD_ROSTER)
    if roster.version <= have:
        if tables.roster_jws(tx, roster.room, roster.version) == jws:
            return have
        raise Refusal(Code.BAD_ROSTER, have=have)
    if roster.version > have + 1:
        raise Refusal(Code.ROSTER_GAP, have=have)
    before = state or RoomState(roster.tenant, roster.room)
    try:
        after = before.apply(roster, jws)
        if roster.policy.post != NOBODY:
            Role(roster.policy.post)
    except ValueError:  # chain.BadRoster is one too
        raise Refusal(Code.BAD_ROSTER, have=have) from None
    entered = {
        entry.pid: after.members[entry.pid] for entry in [*roster.role, *roster.add] if entry.pid in after.members
    }
    left = [pid for pid in roster.remove if pid not in after.members]
    tables.put_room(tx, after, _earlier(tx, before, roster, now))
    tables.put_roster(tx, roster.room, roster.version, jws)
    tables.remove_members(tx, roster.room, roster.remove)
    tables.put_members(tx, roster.room, entered.items())
    tables.put_outs(tx, roster.room, roster.out)
    mine = after.members_hash()  # read from relay's own table a moment ago, whatever home's roster says of it
    return RosterApplied(roster.tenant, roster.room, roster.version, jws, mine, entered, left, roster.out)


def _earlier(tx: Tx, before: RoomState, roster: Roster, now: float) -> tuple[str, int] | None:
    """The previous key goes on being accepted for a moment if nobody lost a right by this change."""
    loses = roster.remove or roster.out or roster.role
    if loses or before.epoch is None:
        return None
    if roster.epoch.n == before.epoch.n:
        return tables.earlier_key(tx, roster.room)
    return (before.epoch.key_id, int(now) + EARLIER_EPOCH_SECONDS) if roster.add else None


def is_member(until: int | None, now: float) -> bool:
    """Whether a membership that ends at `until` still runs."""
    return until is None or now < until


def may_post(role: str, policy_post: str) -> bool:
    """Whether a role reaches the least role that may write."""
    return _RANK.get(role, -1) >= _RANK.get(policy_post, len(_RANK))  # an unknown word opens nothing


def reaches(policy_post: str) -> bool:
    """Whether any role reaches the least role that may write: not in a room where nobody writes any more."""
    return policy_post in _RANK


def access_room(tx: Tx, tenant: TenantId, pid: Pid, room: RoomId, now: float) -> None:
    """Lets a member of now pass; raises `Refusal` alike for a room that is absent and one that is not yours."""
    row = tables.member(tx, tenant, room, pid)
    if row is None or not is_member(row.until, now):
        raise Refusal(Code.NOT_A_MEMBER)


def access_meeting(tx: Tx, tenant: TenantId, pid: Pid, room: RoomId, now: float) -> None:
    """As `access_room`, for the room's meeting: also refuses those who were put out of it, and all where nobody writes any more."""
    access_room(tx, tenant, pid, room, now)
    if not reaches(tables.post_of(tx, room)):
        raise Refusal(Code.NOT_ALLOWED)
    if (tables.out_until(tx, room, pid) or 0) > now:
        raise Refusal(Code.NOT_ALLOWED)


class Hashes:
    """Hashes of relay's own member lists; those of big rooms are kept for some seconds, since thousands may come back at once."""

    def __init__(self) -> None:
        self._kept: dict[RoomId, tuple[int, float, str]] = {}

    def of(self, tx: Tx, versions: dict[RoomId, int], now: float) -> dict[RoomId, str]:
        """The hash of each room, whose applied version is given; read from the table unless one of that version is kept."""
        self._kept = {room: kept for room, kept in self._kept.items() if kept[1] + HASH_SECONDS > now}
        found = {room: kept[2] for room, kept in self._kept.items() if versions.get(room) == kept[0]}
        people = self._lists(tx, versions.keys() - found.keys())
        for room, members in people.items():
            found[room] = members_hash(members)
            if len(members) > BIG_ROOM:
                self._kept[room] = (versions[room], now, found[room])
        return found

    @staticmethod
    def _lists(tx: Tx, rooms: Iterable[RoomId]) -> dict[RoomId, list[tuple[Pid, str, int | None]]]:
        people: dict[RoomId, list[tuple[Pid, str, int | None]]] = {room: [] for room in rooms}
        for one in tables.member_list(tx, people) if people else []:
            people[one.room].append((one.pid, one.role, one.until))
        return people


def welcome(
    tx: Tx, tenant: TenantId, pid: Pid, now: float, hashes: Hashes
) -> tuple[dict[RoomId, RoomHead], dict[RoomId, int | None]]:
    """Every room that the person is in, as relay sees it, and when each membership ends."""
    rows = [row for row in tables.rooms_of(tx, tenant, pid) if is_member(row.until, now)]
    members = hashes.of(tx, {row.room: row.version for row in rows}, now)
    heads = {
        row.room: RoomHead(
            pos=row.pos,
            version=row.version,
            members=members[row.room],
            read=row.read,
            unread=tables.unread(tx, row.room, pid, row.read, UNREAD_MOST) if row.read < row.pos else 0,
        )
        for row in rows
    }
    return heads, {row.room: row.until for row in rows}
