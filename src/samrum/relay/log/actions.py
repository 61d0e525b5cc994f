"""Deciding a batch of messages and read marks, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.plumbing.transactions import Tx
from samrum.relay.blobs import links as blobs
from samrum.relay.errors import Refusal
from samrum.relay.hub import Link
from samrum.relay.log import kinds, tables
from samrum.relay.log.tables import Place, Target
from samrum.relay.rooms.actions import is_member
from samrum.wire import envelope, ids
from samrum.wire.codes import Code
from samrum.wire.envelope import BadEnvelope, Envelope, EnvelopeKind
from samrum.wire.ids import Dev, MsgId, ObjectName, Pid, RoomId, TenantId
from samrum.wire.stream import CLOCK_SECONDS, Sent


@dataclass(frozen=True, slots=True)
class Post:
    """One envelope to store; its tenant, pid and dev are the link's own. Ids in text form beside the raw ones."""

    link: Link
    key: bytes
    """The device's raw public key."""
    data: bytes
    parsed: Envelope
    room: RoomId
    msg_id: MsgId
    key_id: str
    objects: tuple[ObjectName, ...]
    """Files that it links."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody has read a room up to `pos`."""

    link: Link
    room: RoomId
    pos: int


@dataclass(slots=True)
class Committed:
    """What became of a batch: an answer to each post, news by room, and moved read marks."""

    answers: list[Sent | Refusal] = field(default_factory=list)
    news: dict[RoomId, tuple[TenantId, int, list[bytes]]] = field(default_factory=dict)
    reads: dict[tuple[RoomId, Pid], tuple[TenantId, int]] = field(default_factory=dict)
    refused_marks: list[tuple[Link, Refusal]] = field(default_factory=list)


def post_of(link: Link, key: bytes, data: bytes, objects: Sequence[ObjectName]) -> Post:
    """What a device asks to store; raises `Refusal` for what is no envelope of its own. `key`: the device's raw public key."""
    try:
        parsed = envelope.parse(data)
    except BadEnvelope:
        raise Refusal(Code.BAD_ENVELOPE) from None
    if (parsed.tenant, parsed.pid, parsed.dev) != _mine(link.tenant, link.pid, link.dev):
        raise Refusal(Code.BAD_ENVELOPE)
    return Post(
        link=link,
        key=key,
        data=data,
        parsed=parsed,
        room=RoomId(_text("r", parsed.room)),
        msg_id=MsgId(ids.text("m", parsed.msg_id)),
        key_id=_text("k", parsed.key_id),
        objects=tuple(objects),
    )


@lru_cache(4096)
def _mine(tenant: TenantId, pid: Pid, dev: Dev) -> tuple[bytes, bytes, bytes]:
    """The ids that every envelope of a device carries."""
    return ids.raw(tenant, "t"), ids.raw(pid, "p"), ids.raw(dev, "d")


_text = lru_cache(4096)(ids.text)
"""For rooms and keys: many messages name the same."""


def commit(tx: Tx, posts: list[Post], marks: list[Mark], now: float) -> Committed:
    """Stores what may be stored and moves read marks. Called inside a transaction that is durable afterwards or never was."""
    batch = _Batch(tx, now)
    for post in posts:
        try:
            batch.out.answers.append(batch.post(post))
        except Refusal as refusal:
            batch.out.answers.append(refusal)
    for mark in marks:
        try:
            batch.mark(mark)
        except Refusal as refusal:
            batch.out.refused_marks.append((mark.link, refusal))
    batch.write()
    return batch.out


class _Batch:
    """A batch under decision: what the database held when it began, and what earlier members of the batch changed."""

    def __init__(self, tx: Tx, now: float) -> None:
        self._tx, self._now = tx, now
        self.out = Committed()
        self._places: dict[tuple[RoomId, Pid, Dev], Place | None] = {}
        self._new: dict[MsgId, tuple[Post, Sent]] = {}
        self._heads: dict[RoomId, int] = {}
        self._last: dict[tuple[RoomId, Dev], tuple[int, int]] = {}
        self._read: dict[tuple[RoomId, Pid], int] = {}

    def post(self, post: Post) -> Sent:
        """The acknowledgement that holds once the batch is durable; raises `Refusal`. The order of checks is the protocol's."""
        known = self._known(post)
        if known is not None:
            return known
        place = self._place(post.link, post.room)
        kinds.check_role(post.parsed.kind, place.role or "", place.post)
        self._check_epoch(post, place)
        if abs(post.parsed.sent_at - self._now) > CLOCK_SECONDS:
            raise Refusal(Code.CLOCK)
        have, _ = self._last.get((post.room, post.link.dev), (place.seq, 0))
        if post.parsed.seq != have + 1:
            raise Refusal(Code.SEQ_REFUSED, have=have)
        if post.parsed.flags:
            raise Refusal(Code.UNSUPPORTED)
        if post.objects:
            blobs.check_links(self._tx, post.link.tenant, post.link.pid, post.objects, self._now)
        if post.parsed.kind != EnvelopeKind.MESSAGE or post.parsed.thread != ids.NONE or post.parsed.ref != ids.NONE:
            self._check_ref(post, place)
        if not envelope.signature_holds(post.data, Ed25519PublicKey.from_public_bytes(post.key)):
            raise Refusal(Code.BAD_SIGNATURE)
        return self._take(post, place)

    def mark(self, mark: Mark) -> None:
        """Moves a read position forward, never beyond the room's last message; raises `Refusal`."""
        place = self._place(mark.link, mark.room)
        key = (mark.room, mark.link.pid)
        pos = min(mark.pos, self._heads.get(mark.room, place.pos))
        if pos > self._read.get(key, place.read):
            self._read[key] = pos
            self.out.reads[key] = (mark.link.tenant, pos)

    def write(self) -> None:
        """Writes what was taken."""
        if self._new:
            tables.put_messages(self._tx, [_row(post, sent) for post, sent in self._new.values()])
            tables.put_sequences(self._tx, self._last)
            tables.put_positions(self._tx, self._heads)
        if self._read:
            tables.put_reads(self._tx, self._read)

    def _known(self, post: Post) -> Sent | None:
        """The acknowledgement of a message that this device sent to this room before."""
        if post.msg_id in self._new:
            earlier, sent = self._new[post.msg_id]
            same = (earlier.room, earlier.link.pid, earlier.link.dev) == (post.room, post.link.pid, post.link.dev)
        else:
            row = tables.stored(self._tx, post.msg_id)
            if row is None:
                return None
            same = (row.room, row.pid, row.dev) == (post.room, post.link.pid, post.link.dev)
            sent = Sent(msg_id=post.msg_id, room=post.room, pos=row.pos, hash=envelope.stored_hash(row.envelope))
        if not same:
            raise Refusal(Code.MSG_ID_TAKEN)
        return sent

    def _place(self, link: Link, room: RoomId) -> Place:
        key = (room, link.pid, link.dev)
        if key not in self._places:
            self._places[key] = tables.place(self._tx, room, link.pid, link.dev)
        place = self._places[key]
        if place is None or place.tenant != link.tenant or place.role is None or not is_member(place.until, self._now):
            raise Refusal(Code.NOT_A_MEMBER)
        return place

    def _check_epoch(self, post: Post, place: Place) -> None:
        if post.parsed.epoch > place.epoch:
            raise Refusal(Code.EPOCH_AHEAD)
        if (post.parsed.epoch, post.key_id) == (place.epoch, place.key_id):
            return
        earlier = (place.epoch - 1, place.earlier_key_id)
        if (post.parsed.epoch, post.key_id) != earlier or self._now >= (place.earlier_until or 0):
            raise Refusal(Code.EPOCH_STALE)

    def _check_ref(self, post: Post, place: Place) -> None:
        kinds.check_ref(
            post.parsed,
            post.room,
            post.link.pid,
            place.role or "",
            find=self._target,
            reactions=lambda: self._referred(post),
        )

    def _target(self, msg_id: MsgId) -> Target | None:
        """What an envelope refers to: stored before, or taken a moment ago."""
        if msg_id not in self._new:
            return tables.target(self._tx, msg_id)
        post, _ = self._new[msg_id]
        return Target(post.room, post.link.pid, post.parsed.kind, _id(post.parsed.thread), _id(post.parsed.ref))

    def _referred(self, post: Post) -> int:
        """How many envelopes of the post's kind this person has sent to the same message."""
        what = (post.link.pid, post.parsed.kind, post.parsed.ref)
        new = sum((one.link.pid, one.parsed.kind, one.parsed.ref) == what for one, _ in self._new.values())
        return new + tables.referred(self._tx, post.parsed.ref, post.link.pid, post.parsed.kind)

    def _take(self, post: Post, place: Place) -> Sent:
        pos = self._heads.get(post.room, place.pos) + 1
        sent = Sent(msg_id=post.msg_id, room=post.room, pos=pos, hash=envelope.stored_hash(post.data))
        self._heads[post.room] = pos
        self._last[post.room, post.link.dev] = (post.parsed.seq, pos)
        self._new[post.msg_id] = (post, sent)
        if post.objects:
            blobs.link(self._tx, post.objects, post.room, post.msg_id)
        self.out.news.setdefault(post.room, (post.link.tenant, pos, []))[2].append(post.data)
        return sent


def _row(post: Post, sent: Sent) -> dict[str, object]:
    return {
        "room": post.room,
        "pos": sent.pos,
        "msg_id": post.msg_id,
        "pid": post.link.pid,
        "dev": post.link.dev,
        "kind": post.parsed.kind,
        "thread": _id(post.parsed.thread),
        "ref": _id(post.parsed.ref),
        "envelope": post.data,
    }


def _id(raw: bytes) -> bytes | None:
    return None if raw == ids.NONE else raw
