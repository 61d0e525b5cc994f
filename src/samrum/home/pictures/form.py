"""What a picture may be: one PNG (W3C PNG 3, section 5) or WebP (RFC 9649), small, with nothing in it but the picture.

Whatever could hold words, places, times or a second picture is refused, and so is every part that is not known here. A file of 100 kB whose
size in pixels is bounded cannot become large when it is shown.
"""

import zlib
from collections.abc import Iterator

from samrum.wire.rooms_api import MAX_PICTURE, PICTURE_SIDE

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM", b"sBIT"}
_WEBP_PARTS = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L"}
_ALPHA = 0x10
"""The only thing that a `VP8X` header may announce."""


def kind_of(data: bytes) -> str | None:
    """The media type; `None` for what is no such picture."""
    if not 0 < len(data) <= MAX_PICTURE:
        return None
    try:
        if data.startswith(_PNG) and _fits(*_png(data)):
            return "image/png"
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and _fits(*_webp(data)):
            return "image/webp"
    except (ValueError, IndexError):
        pass
    return None


def _fits(width: int, height: int) -> bool:
    return 0 < width <= PICTURE_SIDE and 0 < height <= PICTURE_SIDE


def _png(data: bytes) -> tuple[int, int]:
    """Width and height; raises `ValueError`."""
    parts = list(_png_parts(data))
    names = [name for name, _ in parts]
    if names[0] != b"IHDR" or names.count(b"IHDR") != 1 or names[-1] != b"IEND" or b"IDAT" not in names:
        raise ValueError
    head = parts[0][1]
    return int.from_bytes(head[:4]), int.from_bytes(head[4:8])


def _png_parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 8 + size
        whole = data[at + 4 : end]
        if name not in _PNG_PARTS or data[end : end + 4] != zlib.crc32(whole).to_bytes(4):
            raise ValueError
        yield name, whole[4:]
        at = end + 4
        if name == b"IEND" and at != len(data):
            raise ValueError


def _webp(data: bytes) -> tuple[int, int]:
    """Width and height; raises `ValueError`."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise ValueError
    parts = dict[bytes, bytes]()
    at = 12
    while at < len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if name not in _WEBP_PARTS or name in parts or len(body) != size:
            raise ValueError
        parts[name] = body
        at += 8 + size + size % 2
    if at != len(data) or (b"VP8 " in parts) == (b"VP8L" in parts):
        raise ValueError
    found = _vp8(parts[b"VP8 "]) if b"VP8 " in parts else _vp8l(parts[b"VP8L"])
    if b"VP8X" in parts:
        head = parts[b"VP8X"]
        canvas = (1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little"))
        if len(head) != 10 or head[0] & ~_ALPHA or canvas != found:
            raise ValueError
    return found


def _vp8(body: bytes) -> tuple[int, int]:
    """RFC 6386, section 9.1: a key frame's sizes are 14 bits each."""
    if body[0] & 1 or body[3:6] != b"\x9d\x01\x2a":
        raise ValueError
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def _vp8l(body: bytes) -> tuple[int, int]:
    """RFC 9649, section 3.4: 14 bits each, less one."""
    bits = int.from_bytes(body[1:5], "little")
    if body[0] != 0x2F or len(body) < 5:
        raise ValueError
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
