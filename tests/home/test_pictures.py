"""Pictures of rooms: believed by their bytes alone, shown to who may see the room, kept by browsers for ever."""

import base64
import struct
import zlib
from typing import Any

import pytest

from samrum.home.pictures.form import kind_of
from samrum.wire import ids
from samrum.wire.home_api import Changed
from samrum.wire.ids import RoomId
from tests.home.client import Person, Refused
from tests.home.running import Running

ANIMATED, EXIF = 0x02, 0x08


def part(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def png(width: int = 2, height: int = 2, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(3 * width) for _ in range(height)))
    parts = [part(b"IHDR", head), *more, part(b"IDAT", rows), part(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def lossless(width: int, height: int) -> bytes:
    return chunk(b"VP8L", b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + b"\x88\x88\x08")


def lossy(width: int, height: int) -> bytes:
    sizes = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return chunk(b"VP8 ", b"\x10\x00\x00\x9d\x01\x2a" + sizes + bytes(20))


def extended(width: int, height: int, flags: int) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sizes)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(), "image/png"),
        (png(256, 256), "image/png"),
        (webp(lossless(256, 1)), "image/webp"),
        (webp(lossy(9, 256)), "image/webp"),
        (webp(extended(9, 7, 0x10), chunk(b"ALPH", b"\0abc"), lossy(9, 7)), "image/webp"),
        (png(257, 1), None),
        (png(1, 60_000), None),
        (png(0, 1), None),
        (webp(lossless(257, 1)), None),
        (webp(lossy(1, 300)), None),
        (webp(extended(9, 7, 0x10), lossy(9, 8)), None),
        (png(2, 2, part(b"tEXt", b"Author\0Anna")), None),
        (png(2, 2, part(b"eXIf", b"MM\0*")), None),
        (png(2, 2, part(b"acTL", bytes(8))), None),
        (png(2, 2, part(b"IHDR", bytes(13))), None),
        (png() + b"PK\x03\x04", None),
        (png()[:-12], None),
        (png().replace(b"IDAT", b"IDAX"), None),
        (png()[:46] + b"\xff" + png()[47:], None),
        (webp(extended(9, 7, EXIF), lossy(9, 7)), None),
        (webp(extended(9, 7, EXIF), lossy(9, 7), chunk(b"EXIF", b"MM\0*")), None),
        (webp(extended(9, 7, ANIMATED), chunk(b"ANIM", bytes(6))), None),
        (webp(lossy(9, 7), lossy(9, 7)), None),
        (webp(lossy(9, 7))[:-3], None),
        (webp(lossy(9, 7)) + b"<html>", None),
        (webp(chunk(b"VP8L", b"\x2f\0")), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", None),
        (b"GIF89a" + bytes(20), None),
        (b"\xff\xd8\xff\xe0" + bytes(20), None),
        (b"", None),
        (b"\x89PNG\r\n\x1a\n", None),
    ],
    ids=str,
)
def test_what_a_picture_may_be(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


def test_the_largest_file() -> None:
    room = 100_000 - len(png(2, 2, part(b"IDAT", b"")))
    assert kind_of(png(2, 2, part(b"IDAT", bytes(room)))) == "image/png"
    assert kind_of(png(2, 2, part(b"IDAT", bytes(room + 1)))) is None


async def put(person: Person, room: RoomId, data: bytes) -> Changed:
    body = {"data": base64.urlsafe_b64encode(data).decode().rstrip("=")}
    return await person.ask("PUT", f"/rooms/{room}/picture", body, want=Changed)


async def refused(work: Any) -> str:
    with pytest.raises(Refused) as error:
        await work
    return error.value.code


async def test_shown_to_members_and_kept_by_its_version(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    changed = await put(alice, room, png())
    version = changed.room.picture
    assert version
    assert (await bob.since(0)).rooms[0].picture == version
    answer = await bob.raw("GET", f"/rooms/{room}/picture?v={version}")
    assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await bob.raw("GET", f"/rooms/{room}/picture?v=other")).headers["cache-control"] == "no-store"
    for path in (f"/rooms/{room}/picture", f"/rooms/{ids.new_room()}/picture"):
        assert (await carl.raw("GET", path)).status_code == 404
    assert (await put(alice, room, webp(lossless(3, 3)))).room.picture != version
    gone = await alice.ask("DELETE", f"/rooms/{room}/picture", want=Changed)
    assert gone.room.picture is None
    assert (await bob.raw("GET", f"/rooms/{room}/picture?v={version}")).status_code == 404
    assert len(home.relay.rosters) == 1


async def test_only_its_managers_change_it(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    assert await refused(put(bob, room, png())) == "not_allowed"
    assert await refused(put(carl, room, png())) == "not_found"
    assert await refused(bob.ask("DELETE", f"/rooms/{room}/picture", want=Changed)) == "not_allowed"
    assert await refused(put(alice, room, b"<svg/>")) == "bad_picture"
    assert await refused(alice.ask("PUT", f"/rooms/{room}/picture", {"data": "A"}, want=Changed)) == "bad_picture"
    assert await refused(put(alice, room, bytes(100_100))) == "bad_request"
