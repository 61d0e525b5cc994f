"""Opening what relay's log holds, with every check that clients make. No input or output: `known` says what home knows.

An envelope counts if it is of this tenant and room, was sealed under that epoch's own key, its author was a member in that epoch and its
device had a certificate of that person then, which its signature fits, and if it opens and says what its kind may say. Whatever fails
is counted by its cause and not indexed. That a number or an id stands twice is seen by who goes through the log (`actions`).
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.wire import aead, content, envelope, ids
from samrum.wire.content import Content
from samrum.wire.envelope import Envelope, EnvelopeKind
from samrum.wire.ids import Dev, KeyId, Pid, RoomId

CERT_SLACK: Final = 300
"""How far a message may lie outside its certificate's time, in s."""


_KINDS: Final = frozenset(EnvelopeKind) - {EnvelopeKind.SIGNAL}


class Cause(StrEnum):
    """Why an envelope is not in the index."""

    BAD_ENVELOPE = "bad_envelope"  # no envelope, or of another tenant or room
    NO_KEY = "no_key"  # home has no key of that epoch, or another one
    NOT_A_MEMBER = "not_a_member"  # the author was not in the room in that epoch
    NO_CERT = "no_cert"  # the device had no certificate of that person then
    BAD_SIGNATURE = "bad_signature"
    CANNOT_OPEN = "cannot_open"
    BAD_CONTENT = "bad_content"  # opens, and says what its kind may not
    UNKNOWN_KIND = "unknown_kind"  # of a newer version
    REPLAYED = "replayed"  # its number or id stands twice
    BAD_REF = "bad_ref"  # refers to nothing that is here, or may not change it
    TOO_FAR = "too_far"  # a position beyond what the index can number


class Cert(NamedTuple):
    """One certificate of a device, verified."""

    pid: Pid
    key: Ed25519PublicKey
    iat: int
    exp: int


class Known(Protocol):
    """What home knows of keys, members and devices."""

    tenant: bytes

    def key(self, room: RoomId, epoch: int) -> tuple[KeyId, bytes] | None:
        """The epoch's key."""

    def member(self, room: RoomId, pid: Pid, epoch: int) -> bool:
        """Whether the person was in the room in that epoch."""

    def certs(self, dev: Dev) -> Collection[Cert]:
        """The device's certificates."""


class Said(NamedTuple):
    """An envelope that holds: who said what, where and when. Ids of messages and the device are raw."""

    n: int
    room: RoomId
    pos: int
    kind: int
    pid: Pid
    dev: bytes
    seq: int
    msg: bytes
    thread: bytes | None
    ref: bytes | None
    epoch: int
    at: int
    content: Content


def said(n: int, room: RoomId, pos: int, data: bytes, known: Known) -> Said | Cause:
    """What the envelope says, or why it does not count."""
    try:
        found = envelope.parse(data)
    except envelope.BadEnvelope:
        return Cause.BAD_ENVELOPE
    if (found.tenant, found.room) != (known.tenant, ids.raw(room, "r")) or found.flags:
        return Cause.BAD_ENVELOPE
    pid, dev = Pid(ids.text("p", found.pid)), Dev(ids.text("d", found.dev))
    key = known.key(room, found.epoch)
    if key is None or ids.raw(key[0], "k") != found.key_id:
        return Cause.NO_KEY
    if not known.member(room, pid, found.epoch):
        return Cause.NOT_A_MEMBER
    certs = [
        one
        for one in known.certs(dev)
        if one.pid == pid and one.iat - CERT_SLACK <= found.sent_at <= one.exp + CERT_SLACK
    ]
    if not certs:
        return Cause.NO_CERT
    if not any(envelope.signature_holds(data, one.key) for one in certs):
        return Cause.BAD_SIGNATURE
    if found.kind not in _KINDS:
        return Cause.UNKNOWN_KIND
    told = _content(found, key[1])
    if isinstance(told, Cause):
        return told
    return Said(
        n=n, room=room, pos=pos, kind=found.kind, pid=pid, dev=found.dev, seq=found.seq, msg=found.msg_id,
        thread=None if found.thread == ids.NONE else found.thread, ref=None if found.ref == ids.NONE else found.ref,
        epoch=found.epoch, at=found.sent_at, content=told,
    )  # fmt: skip


def _content(found: Envelope, key: bytes) -> Content | Cause:
    try:
        told = content.unpad(envelope.open_content(found, key))
    except aead.CannotOpen:
        return Cause.CANNOT_OPEN
    except content.BadContent:
        return Cause.BAD_CONTENT
    return told if content.fits(found.kind, told) else Cause.BAD_CONTENT
