"""What happens in rooms, as the client tells it. Ids are in text form, times in seconds since 1970, positions are relay's."""

from dataclasses import dataclass

from samrum.wire.content import CallWord, InFile, Quoted
from samrum.wire.ids import MsgId, Pid, RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    room: RoomId
    pos: int
    """Place in the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said(_Event):
    id: MsgId
    author: Pid
    """Who wrote it, by certificate and signature."""
    mine: bool
    """By the client's own person, on whatever device."""
    at: int
    """When, as the author says."""
    thread: MsgId | None
    """Root of the thread that it is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(_Said):
    """A message."""

    text: str
    """Markdown."""
    mentions: tuple[Pid, ...] = ()
    everybody: bool = False
    """The author mentions everybody in the room."""
    quote: Quoted | None = None
    files: tuple[InFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(_Said):
    """The author's message `ref` says this now."""

    ref: MsgId
    text: str
    mentions: tuple[Pid, ...] = ()
    everybody: bool = False
    quote: Quoted | None = None
    files: tuple[InFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(_Said):
    """A reaction to `ref`; `on` is false where it was taken back."""

    ref: MsgId
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(_Said):
    """`ref` was removed, by its author or by who led the room."""

    ref: MsgId


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(_Said):
    """A call rings (without `ref`), or what became of the ring `ref`."""

    word: CallWord
    ref: MsgId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(_Event):
    """Something that is not shown: `why` is `does_not_verify`, `not_entitled`, `newer_version` or `nothing` (it refers to what it may not)."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(_Event):
    """Before `pos` something is missing that its sender numbered: relay kept it back or lost it."""


Event = Message | Edited | Reacted | Removed | Called | Sealed | Gap
