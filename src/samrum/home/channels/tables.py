"""SQL of public channels."""

import sqlalchemy as sa

from samrum.plumbing.transactions import Tx
from samrum.wire.ids import Pid
from samrum.wire.rooms_api import Channel, Post

_PUBLIC = sa.text(
    "SELECT room, title, topic, post, picture, (SELECT COUNT(*) FROM member m WHERE m.room = room.room) AS members, "
    "EXISTS (SELECT 1 FROM member m WHERE m.room = room.room AND m.pid = :pid) AS member "
    "FROM room WHERE access = 'public' AND kind = 'channel' AND archived = 0"
)


def public(tx: Tx, pid: Pid) -> list[Channel]:
    """All public channels as a person sees them."""
    return [
        Channel(
            room=row.room,
            title=row.title,
            count=row.members,
            topic=row.topic,
            post=Post(row.post),
            picture=row.picture,
            member=bool(row.member),
        )
        for row in tx.execute(_PUBLIC, {"pid": pid})
    ]
