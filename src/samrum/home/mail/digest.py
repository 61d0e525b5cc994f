"""Who gets a letter about what, and when the next one may come. No input or output."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from samrum.wire.ids import Pid, RoomId

RIPE_SECONDS: Final = 15 * 60
"""Unread for so long, and it is worth a letter."""
STALE_SECONDS: Final = 3 * 86_400
"""Older than this, nobody is told any more: as when records are indexed for the first time."""
FIRST_PAUSE: Final = 3_600
LAST_PAUSE: Final = 86_400
"""Seconds between two letters to a person: first, and at most when letters are not followed by reading."""


class Why(StrEnum):
    """What makes an unread message worth a letter."""

    DIRECT = "direct"
    MENTION = "mention"
    CALL = "call"


class Waiting(NamedTuple):
    """One thing that somebody may have missed."""

    room: RoomId
    pos: int
    at: int
    """When it was sent, s since 1970."""
    why: Why
    author: Pid


class Sent(NamedTuple):
    """A person's last letter."""

    last: int = 0
    """When it was made, s since 1970; 0: there was none."""
    unheard: int = 0
    """Letters in a row, the last one included, that were followed by no reading."""
    told: Mapping[RoomId, int] = {}
    """Up to which position each room was in it."""

    def after(self, read: Mapping[RoomId, int]) -> "Sent":
        """The same, knowing how far the person has read: reading in any of the rooms begins the pauses anew."""
        heard = any(read.get(room, 0) >= pos for room, pos in self.told.items())
        return self._replace(unheard=0) if heard else self

    def next(self) -> int:
        """When the next letter may be made, s since 1970."""
        return self.last + min(LAST_PAUSE, FIRST_PAUSE << min(max(0, self.unheard - 1), 5)) if self.last else 0

    def and_now(self, things: Sequence[Waiting], now: int) -> "Sent":
        """The person's last letter, once one about `things` is made."""
        return Sent(now, self.unheard + 1, told(things))


def ripe(waiting: Sequence[Waiting], now: int) -> list[Waiting]:
    """What has been unread long enough, oldest first."""
    return sorted((one for one in waiting if one.at <= now - RIPE_SECONDS), key=lambda one: (one.at, one.room, one.pos))


def told(things: Sequence[Waiting]) -> dict[RoomId, int]:
    """Up to which position each room is in a letter."""
    upto: dict[RoomId, int] = {}
    for one in things:
        upto[one.room] = max(upto.get(one.room, 0), one.pos)
    return upto
