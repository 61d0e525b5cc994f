"""The plain text of an envelope: `len u32 | msgpack map | zero padding` to 256 B, 1, 4, 16 or 60 KiB.

The map is written in MessagePack's shortest forms, each key once; anything else is refused, so that what a browser shows and
what home's records hold can never be two readings of the same bytes. What an envelope says goes by its kind (`fits`):
a message or an edit of one has text, mentions, a quote and files; a reaction its emoji; a deletion nothing; a call a word.

Only browsers open it, and home's records reader; relay never imports this module (a wall in `pyproject.toml`).
"""

import struct
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import MsgIdField, ObjectField, PidField

SIZES = (256, 1024, 4096, 16 * 1024, 60 * 1024)
"""Bytes after padding."""
VERSION = 1
"""A client shows content of a higher version as "needs a newer version"."""
MAX_QUOTE: Final = 500
"""Characters (code points) of a quote's text."""
MAX_FILES: Final = 20
MAX_EMOJI: Final = 64
"""Bytes of a reaction's emoji in UTF-8."""

Pixels = Annotated[int, Meta(ge=1, le=1_000_000)]


class BadContent(ValueError):
    """The bytes are not padded content. Never says more."""


class CallWord(StrEnum):
    """What is said of a call; all but `ring` refer to a ring."""

    RING = "ring"
    ANSWERED = "answered"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MISSED = "missed"


class Quoted(Wire):
    """What a message quotes, as its author gives it: who opens it compares, where the quoted message is at hand."""

    id: MsgIdField
    pid: PidField
    t: Annotated[str, Meta(max_length=MAX_QUOTE)] = ""
    """The quoted words."""


class InFile(Wire):
    """A file that goes with a message: what it is, and the key and the name of the object that holds it."""

    n: Annotated[str, Meta(max_length=255)]
    """File name."""
    t: Annotated[str, Meta(max_length=127)]
    """Media type, as the sender's browser gives it."""
    s: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)]
    """Bytes without padding."""
    k: bytes
    """The file's key, 32 bytes."""
    b: ObjectField
    w: Pixels | None = None
    """Width of a picture, in pixels."""
    h: Pixels | None = None
    """Height of a picture, in pixels."""
    d: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    """Length of sound or film, in seconds."""


class Content(Wire):
    """What an envelope says. Keys are one letter since every message carries them."""

    v: Annotated[int, Meta(ge=1)] = VERSION
    t: str = ""
    """The text (Markdown)."""
    m: list[PidField] = []
    """Mentioned pseudonyms."""
    a: bool = False
    """Everybody in the room is mentioned."""
    q: Quoted | None = None
    o: Annotated[list[InFile], Meta(max_length=MAX_FILES)] = []
    e: str = ""
    """A reaction's emoji, at most 64 bytes in UTF-8."""
    x: bool = False
    """The reaction is taken back."""
    c: CallWord | None = None


class TooLong(ValueError):
    """The content does not fit an envelope: it goes as a file."""


_SAID: Final = frozenset({"t", "m", "a", "q", "o"})
_ALLOWED: Final[dict[int, frozenset[str]]] = {
    EnvelopeKind.MESSAGE: _SAID,
    EnvelopeKind.EDIT: _SAID,
    EnvelopeKind.REACTION: frozenset({"e", "x"}),
    EnvelopeKind.DELETION: frozenset(),
    EnvelopeKind.CALL: frozenset({"c"}),
}


def fits(kind: int, content: Content) -> bool:
    """Whether an envelope of that kind may say this: nothing but what its kind has, and that it has to have."""
    allowed = _ALLOWED.get(kind)
    if (
        allowed is None
        or (kind == EnvelopeKind.REACTION and not content.e)
        or (kind == EnvelopeKind.CALL and not content.c)
    ):
        return False
    return {name for name in Content.__struct_fields__ if name != "v" and getattr(content, name)} <= allowed


def pad(content: Content) -> bytes:
    """The padded bytes; raises `TooLong`."""
    body = msgspec.msgpack.encode(_map(content))
    for size in SIZES:
        if len(body) + 4 <= size:
            return struct.pack(">I", len(body)) + body + bytes(size - 4 - len(body))
    raise TooLong


def unpad(data: bytes) -> Content:
    """The content of padded bytes; raises `BadContent`."""
    if len(data) not in SIZES:
        raise BadContent
    (length,) = struct.unpack_from(">I", data)
    if length > len(data) - 4 or any(data[4 + length :]):
        raise BadContent
    body = data[4 : 4 + length]
    try:
        content = _decoder.decode(body)
        shortest = msgspec.msgpack.encode(msgspec.msgpack.decode(body))
    except (msgspec.MsgspecError, ValueError):
        raise BadContent from None
    if shortest != body or content.v != VERSION or len(content.e.encode()) > MAX_EMOJI:
        raise BadContent
    if any(len(one.k) != 32 for one in content.o):
        raise BadContent
    return content


def _map(content: Content) -> dict[str, object]:
    return {"v": content.v, **msgspec.to_builtins(content, builtin_types=(bytes,))}


_decoder = msgspec.msgpack.Decoder(Content)
