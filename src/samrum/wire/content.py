"""The plain text of an envelope: `len u32 | msgpack map | zero padding` to 256 B, 1, 4, 16 or 60 KiB.

The map is written in MessagePack's shortest forms, each key once; anything else is refused, so that what a browser shows and
what home's records hold can never be two readings of the same bytes.

Only browsers open it, and home's records reader when it comes; relay never imports this module (a wall in `pyproject.toml`).
"""

import struct
from typing import Annotated

import msgspec
from msgspec import Meta

from samrum.wire.base import Wire
from samrum.wire.ids import PidField

SIZES = (256, 1024, 4096, 16 * 1024, 60 * 1024)
"""Bytes after padding."""
VERSION = 1
"""A client shows content of a higher version as "needs a newer version"."""


class BadContent(ValueError):
    """The bytes are not padded content. Never says more."""


class Content(Wire):
    """What a message says. Keys are one letter since every message carries them."""

    v: Annotated[int, Meta(ge=1)] = VERSION
    t: str = ""
    """The text (Markdown)."""
    m: list[PidField] = []
    """Mentioned pseudonyms."""


class TooLong(ValueError):
    """The content does not fit an envelope: it goes as a file."""


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
    if shortest != body or content.v != VERSION:
        raise BadContent
    return content


def _map(content: Content) -> dict[str, object]:
    return {"v": content.v, **msgspec.to_builtins(content)}


_decoder = msgspec.msgpack.Decoder(Content)
