"""Showing and changing the pictures of rooms."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from samrum.home.devices.proof import Proven
from samrum.home.errors import BadPicture, NotFound
from samrum.home.outbox import actions as outbox
from samrum.home.pictures import form, tables
from samrum.home.rooms import tables as rooms_tables
from samrum.home.rooms.access import Want, access_room
from samrum.home.rooms.actions import Rooms, tell
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import Changed
from samrum.wire.ids import Pid, RoomId

VERSION: Final = 32
"""Letters of the digest that name a picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is sent."""

    version: str
    kind: str
    """Media type."""
    data: bytes


class Pictures:
    """The pictures of this authority's rooms."""

    def __init__(self, *, db: Transactions, out: outbox.Outbox, rooms: Rooms) -> None:
        self._db, self._out, self._rooms = db, out, rooms

    async def get(self, me: Pid, room: RoomId) -> Picture:
        """The picture, for who is in the room or may come in; raises `NotFound` for everything else."""

        def read(tx: Tx) -> Picture:
            row = rooms_tables.get(tx, room)
            if row is None or not (row.joinable() or rooms_tables.role_of(tx, room, me)):
                raise NotFound
            found = tables.get(tx, room)
            if found is None or row.picture is None:
                raise NotFound
            return Picture(row.picture, *found)

        return await self._db.read(read)

    async def put(self, me: Pid, room: RoomId, text: str, proven: Proven | None) -> Changed:
        """The picture in base64url; raises `BadPicture`."""
        data = _decoded(text)
        kind = form.kind_of(data)
        if kind is None:
            raise BadPicture
        version = hashlib.sha256(data).hexdigest()[:VERSION]
        return await self._change(me, room, Picture(version, kind, data), proven)

    async def remove(self, me: Pid, room: RoomId, proven: Proven | None) -> Changed:
        """Takes the picture away."""
        return await self._change(me, room, None, proven)

    async def _change(self, me: Pid, room: RoomId, picture: Picture | None, proven: Proven | None) -> Changed:
        version = picture.version if picture else None

        def write(tx: Tx) -> None:
            if proven:
                proven.use(tx)
            row, _ = access_room(tx, me, room, Want.MANAGE)
            if row.picture == version:
                return
            rooms_tables.put_picture(tx, room, version)
            if picture:
                tables.put(tx, room, picture.kind, picture.data)
            else:
                tables.drop(tx, room)
            tell(tx, row)

        await self._db.write(write, publish=self._out.woken)
        return await self._rooms.changed(me, room, proven)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadPicture from None
