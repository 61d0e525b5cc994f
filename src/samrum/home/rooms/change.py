"""The rules of changing who is in a room, as plain functions.

| who | may |
|---|---|
| owner | add, remove, give any role |
| moderator | add members; remove members and guests |
| everyone | leave |

Nobody is added to or leaves a direct message, and nobody is added to an archived room. A room that has members keeps an owner, unless
the last one goes and says so. A repeated request changes nothing: who is in already (with that role) or out already is passed over.

| of a group or channel | who may change it |
|---|---|
| title, topic, who may write | owners and moderators |
| history, access (channels only), the archive | owners |
"""

from collections.abc import Mapping
from dataclasses import dataclass

from samrum.home.errors import BadMembers, BadText, BadTitle, LastOwner, NotAllowed
from samrum.home.lines import line
from samrum.home.rooms.tables import Row
from samrum.wire.chain import Member
from samrum.wire.home_api import ChangeMembers, MemberChange
from samrum.wire.ids import Pid
from samrum.wire.rooms_api import MAX_TITLE, MAX_TOPIC, Access, ChangeRoom, HistoryRule
from samrum.wire.statements import NOBODY, Kind, MemberEntry, Policy, Role

_BELOW_MODERATOR = {Role.MEMBER, Role.GUEST}


@dataclass(frozen=True, slots=True)
class Change:
    """What a roster will say, and whether it begins a new epoch."""

    add: list[MemberEntry]
    remove: list[Pid]
    role: list[MemberEntry]

    def empty(self) -> bool:
        """Nothing is left to do."""
        return not (self.add or self.remove or self.role)

    def size(self) -> int:
        """How many members it changes; 1 for a change of the key alone."""
        return max(1, len(self.add) + len(self.remove) + len(self.role))

    def new_epoch(self, policy: Policy) -> bool:
        """Rule 3: when somebody loses the right, and when somebody joins closed history."""
        return bool(self.remove) or (bool(self.add) and policy.history == "closed")


def decide(members: Mapping[Pid, Member], policy: Policy, me: Pid, wanted: ChangeMembers) -> Change:
    """The change that `me` may make; raises `NotAllowed`, `BadMembers` or `LastOwner`. Whether added ones exist is not known here."""
    if me not in members or policy.kind == Kind.DIRECT:
        raise NotAllowed
    named = [one.pid for one in (*wanted.add, *wanted.role)] + wanted.remove
    if len(set(named)) != len(named):
        raise BadMembers
    if any(one.role == Role.GUEST for one in (*wanted.add, *wanted.role)):
        raise BadMembers  # guests come through the lobby
    if any(one.pid not in members for one in wanted.role):
        raise BadMembers
    if any(one.pid in members and members[one.pid].role != one.role for one in wanted.add):
        raise BadMembers
    change = Change(
        add=[_entry(one) for one in wanted.add if one.pid not in members],
        remove=[pid for pid in wanted.remove if pid in members],
        role=[_entry(one) for one in wanted.role if members[one.pid].role != one.role],
    )
    _check_right(members, me, change)
    if change.add and policy.post == NOBODY:
        raise NotAllowed
    if not (wanted.ownerless and me in change.remove):
        _check_owner(members, change)
    return change


def shaped(row: Row, role: Role, wanted: ChangeRoom) -> Row:
    """The room as somebody with `role` wants it, who is an owner or a moderator; raises `BadTitle`, `BadText` or `NotAllowed`."""
    if role != Role.OWNER and (wanted.access, wanted.history, wanted.archived) != (None, None, None):
        raise NotAllowed
    if wanted.access == Access.PUBLIC and row.kind != Kind.CHANNEL:
        raise NotAllowed
    opens = wanted.history == HistoryRule.OPEN and row.history == HistoryRule.CLOSED
    return row._replace(
        title=row.title if wanted.title is None else title_of(Kind(row.kind), wanted.title),
        topic=row.topic if wanted.topic is None else topic_of(wanted.topic),
        post=wanted.post or row.post,
        access=wanted.access or row.access,
        history=wanted.history or row.history,
        archived=row.archived if wanted.archived is None else int(wanted.archived),
        open_from=row.epoch + 1 if opens else row.open_from,
    )


def title_of(kind: Kind, text: str) -> str:
    """The title as it is kept; raises `BadTitle`. A direct message has none."""
    title = line(text, MAX_TITLE)
    if title is None or bool(title) == (kind == Kind.DIRECT):
        raise BadTitle
    return title


def topic_of(text: str) -> str:
    """The topic as it is kept, perhaps empty; raises `BadText`."""
    topic = line(text, MAX_TOPIC)
    if topic is None:
        raise BadText
    return topic


def _entry(change: MemberChange) -> MemberEntry:
    return MemberEntry(pid=change.pid, role=change.role)


def _check_right(members: Mapping[Pid, Member], me: Pid, change: Change) -> None:
    mine = members[me].role
    if mine == Role.OWNER:
        return
    others = [pid for pid in change.remove if pid != me]
    if mine == Role.MODERATOR:
        adds_members = all(one.role == Role.MEMBER for one in change.add)
        allowed = adds_members and not change.role and all(members[pid].role in _BELOW_MODERATOR for pid in others)
    else:
        allowed = not (change.add or change.role or others)
    if not allowed:
        raise NotAllowed


def _check_owner(members: Mapping[Pid, Member], change: Change) -> None:
    after = {pid: member.role for pid, member in members.items() if pid not in change.remove}
    after |= {one.pid: one.role for one in (*change.role, *change.add)}
    if after and Role.OWNER not in after.values():
        raise LastOwner
