"""What an envelope of each kind may refer to, and who may send it. Relay sees who reacts to whom; never with what.

Kinds that this relay does not know are stored as they come: clients show them as "needs a newer version".
"""

from collections.abc import Callable
from typing import Final

from samrum.relay.errors import Refusal
from samrum.relay.log.tables import Target
from samrum.relay.rooms.actions import may_post, reaches
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.envelope import Envelope, EnvelopeKind
from samrum.wire.ids import MsgId, Pid, RoomId
from samrum.wire.statements import Role
from samrum.wire.stream import MAX_REACTIONS

ANSWERS: Final = (EnvelopeKind.EDIT, EnvelopeKind.REACTION, EnvelopeKind.DELETION)
"""Kinds that are nothing without the message to which they refer."""


def check_role(kind: int, role: str, policy_post: str) -> None:
    """Whether a role may send this kind at all; raises `Refusal`.

    Where only some may write, everybody else but guests may still react, and change what they wrote when they might.
    """
    if kind in ANSWERS and reaches(policy_post):
        allowed = may_post(role, policy_post) or may_post(role, Role.MEMBER)
    else:
        allowed = may_post(role, policy_post)
    if not allowed:
        raise Refusal(Code.NOT_ALLOWED)


def check_ref(
    sent: Envelope,
    room: RoomId,
    pid: Pid,
    role: str,
    *,
    find: Callable[[MsgId], Target | None],
    reactions: Callable[[], int],
) -> None:
    """Whether `ref` and `thread` name what this kind may name; raises `Refusal`.

    `find` gives a stored message; `reactions` counts those of this person to the message.
    """
    refers = sent.ref != ids.NONE
    target = _of_room(find(_msg(sent.ref)), room) if refers else None
    match sent.kind:
        case EnvelopeKind.EDIT | EnvelopeKind.REACTION | EnvelopeKind.DELETION:
            if target is None or target.kind != EnvelopeKind.MESSAGE:
                raise Refusal(Code.BAD_REF)
            if sent.thread != (target.thread or ids.NONE):
                raise Refusal(Code.BAD_REF)
            _check_right(sent.kind, target, pid, role)
            if sent.kind == EnvelopeKind.REACTION and reactions() >= MAX_REACTIONS:
                raise Refusal(Code.TOO_MANY)
        case EnvelopeKind.MESSAGE:
            if refers and target is None:
                raise Refusal(Code.BAD_REF)
            if sent.thread != ids.NONE:
                root = _of_room(find(_msg(sent.thread)), room)
                if root is None or root.kind != EnvelopeKind.MESSAGE or root.thread is not None:
                    raise Refusal(Code.BAD_REF)
        case EnvelopeKind.CALL:
            is_ring = target is not None and target.kind == EnvelopeKind.CALL and target.ref is None
            if (refers and not is_ring) or sent.thread != ids.NONE:
                raise Refusal(Code.BAD_REF)
        case _:
            pass


def _check_right(kind: int, target: Target, pid: Pid, role: str) -> None:
    own = target.pid == pid
    if kind == EnvelopeKind.EDIT and not own:
        raise Refusal(Code.NOT_ALLOWED)
    if kind == EnvelopeKind.DELETION and not own and not may_post(role, Role.MODERATOR):
        raise Refusal(Code.NOT_ALLOWED)


def _of_room(target: Target | None, room: RoomId) -> Target | None:
    """A message of another room is as good as none."""
    return target if target is not None and target.room == room else None


def _msg(raw: bytes) -> MsgId:
    return MsgId(ids.text("m", raw))
