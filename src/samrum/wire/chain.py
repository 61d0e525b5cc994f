"""The roster chain as a state machine: what home writes, relay applies and clients verify, by the same rules.

`RoomState.apply` takes the next verified statement and gives the state after it; `begin` gives the state of a verified snapshot, and
`follow` also checks the hash that the statement names. Nothing here does input or output.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from samrum.wire import jws
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.statements import Epoch, Policy, Role, Roster, Snapshot, members_hash


class BadRoster(ValueError):
    """The statement does not follow from this state. `args[0]` says which rule, in a word."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member's role and, perhaps, end (seconds since 1970)."""

    role: Role
    until: int | None = None


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room after roster `version` (0: nothing yet). `head` is the digest of that roster's JWS."""

    tenant: TenantId
    room: RoomId
    version: int = 0
    head: str = jws.FIRST
    epoch: Epoch | None = None
    policy: Policy | None = None
    members: dict[Pid, Member] = field(default_factory=dict)

    def apply(self, roster: Roster, statement: str) -> "RoomState":
        """The state after `roster`, whose verified JWS is `statement`.

        Raises `BadRoster` unless it is this room's version + 1, chained to `head`, with the same epoch or the next, and
        changes only members that are there (adds only those that are not).
        """
        if (roster.tenant, roster.room) != (self.tenant, self.room):
            raise BadRoster("room")
        if roster.version != self.version + 1:
            raise BadRoster("version")
        if roster.prev != self.head:
            raise BadRoster("prev")
        self._check_epoch(roster.epoch)
        return replace(
            self,
            version=roster.version,
            head=jws.digest(statement),
            epoch=roster.epoch,
            policy=roster.policy,
            members=self.members_after(roster),
        )

    def follow(self, roster: Roster, statement: str) -> "RoomState":
        """As `apply`, and the member list must have the hash that the roster names. Relay's own list may not: it says so instead."""
        after = self.apply(roster, statement)
        if roster.members is not None and roster.members != after.members_hash():
            raise BadRoster("members")
        return after

    def members_after(self, roster: Roster) -> dict[Pid, Member]:
        """The member list after `roster`; raises `BadRoster` unless it changes those that are there and adds those that are not."""
        members = dict(self.members)
        for pid in roster.remove:
            if members.pop(pid, None) is None:
                raise BadRoster("remove")
        for entry in roster.role:
            if entry.pid not in members:
                raise BadRoster("role")
            members[entry.pid] = Member(entry.role, entry.until)
        for entry in roster.add:
            if entry.pid in members:
                raise BadRoster("add")
            members[entry.pid] = Member(entry.role, entry.until)
        return members

    def _check_epoch(self, epoch: Epoch) -> None:
        if self.epoch is None:
            if epoch.n != 1:
                raise BadRoster("epoch")
        elif epoch.n == self.epoch.n:
            if epoch != self.epoch:
                raise BadRoster("epoch")
        elif epoch.n != self.epoch.n + 1 or epoch.key_id == self.epoch.key_id:
            raise BadRoster("epoch")

    def members_hash(self) -> str:
        """The hash of the member list, as in a snapshot and in relay's welcome."""
        return members_hash(listed(self.members))


def listed(members: dict[Pid, Member]) -> Iterable[tuple[Pid, Role, int | None]]:
    """A member list as it is hashed."""
    return ((pid, member.role, member.until) for pid, member in members.items())


def begin(snapshot: Snapshot, members: Iterable[tuple[Pid, Role, int | None]]) -> RoomState:
    """The state that a verified snapshot names, with the member list that came along.

    Raises `BadRoster` unless that is the list which home signed. Of earlier epochs and members nothing is known: home says it (`Past`).
    """
    entries = list(members)
    found = {pid: Member(role, until) for pid, role, until in entries}
    if not len(found) == len(entries) == snapshot.count or members_hash(entries) != snapshot.members_hash:
        raise BadRoster("members")
    return RoomState(
        snapshot.tenant, snapshot.room, snapshot.version, snapshot.prev, snapshot.epoch, snapshot.policy, found
    )
