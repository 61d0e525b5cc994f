"""Envelope v1: one encrypted, signed message. Binary, big-endian.

`"SM1" | suite u8 | tenant 16 | room 16 | key_id 16 | epoch u32 | pid 16 | dev 16 | seq u64 | msg_id 16 | kind u8 |
flags u8 | thread 16 | ref 16 | sent_at u64 (s) | header 40 | ct_len u32 | ct | sig 64`. The AAD of the ciphertext is all
bytes before `header`; `sig` = Ed25519(device key, "samrum/msg/1\\0" | SHA-256(all bytes before sig)).
"""

import hashlib
import struct
from enum import IntEnum
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from samrum.wire import aead, ids

MAGIC: Final = b"SM1"
SUITE: Final = 1
"""Suite 1: AES256_GCM_HKDF (SHA-256) and Ed25519."""
MAX_BYTES: Final = 64 * 1024
_FIXED: Final = struct.Struct(">3sB16s16s16sI16s16sQ16sBB16s16sQ")
HEAD_BYTES: Final = _FIXED.size
"""Length of the AAD: 154."""
SIG_BYTES: Final = 64
MIN_BYTES: Final = HEAD_BYTES + aead.HEADER_BYTES + 4 + aead.TAG_BYTES + SIG_BYTES
SIGNED: Final = b"samrum/msg/1\0"
NOT_STORED: Final = 1
"""Flag bit 0: a signal that relay passes on and forgets."""
MAX_NUMBER: Final = (1 << 53) - 1
"""The largest `seq` and `sent_at`: what a browser's numbers and a database's hold exactly."""


class EnvelopeKind(IntEnum):
    """What an envelope is; unknown kinds are kept and shown as "needs a newer version"."""

    MESSAGE = 1
    EDIT = 2
    REACTION = 3
    DELETION = 4
    CALL = 5
    SIGNAL = 6


class BadEnvelope(ValueError):
    """The bytes are not an envelope. Never says more."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One parsed envelope. Ids are raw 16 bytes here, as on the wire; `ids.text` gives their text form."""

    suite: int = SUITE
    tenant: bytes
    room: bytes
    key_id: bytes
    epoch: int
    pid: bytes
    dev: bytes
    seq: int
    """From 1, contiguous per device and room."""
    msg_id: bytes
    kind: int = EnvelopeKind.MESSAGE
    flags: int = 0
    thread: bytes = ids.NONE
    ref: bytes = ids.NONE
    sent_at: int
    """Seconds since 1970."""
    header: bytes = b""
    sealed: bytes = b""
    signature: bytes = b""

    def aad(self) -> bytes:
        """The bytes before `header`."""
        return _FIXED.pack(
            MAGIC, self.suite, self.tenant, self.room, self.key_id, self.epoch, self.pid, self.dev, self.seq,
            self.msg_id, self.kind, self.flags, self.thread, self.ref, self.sent_at,
        )  # fmt: skip


def parse(data: bytes) -> Envelope:
    """The envelope in `data`, its signature unchecked; raises `BadEnvelope`."""
    if not MIN_BYTES <= len(data) <= MAX_BYTES or data[:3] != MAGIC or data[3] != SUITE:
        raise BadEnvelope
    (_, suite, tenant, room, key_id, epoch, pid, dev, seq, msg_id, kind, flags, thread, ref, sent_at) = (
        _FIXED.unpack_from(data)
    )
    header = data[HEAD_BYTES : HEAD_BYTES + aead.HEADER_BYTES]
    start = HEAD_BYTES + aead.HEADER_BYTES + 4
    (length,) = struct.unpack_from(">I", data, start - 4)
    if start + length + SIG_BYTES != len(data) or header[0] != aead.HEADER_BYTES or length < aead.TAG_BYTES:
        raise BadEnvelope
    if not 1 <= seq <= MAX_NUMBER or sent_at > MAX_NUMBER or flags & ~NOT_STORED:
        raise BadEnvelope
    return Envelope(
        suite=suite, tenant=tenant, room=room, key_id=key_id, epoch=epoch, pid=pid, dev=dev, seq=seq, msg_id=msg_id,
        kind=kind, flags=flags, thread=thread, ref=ref, sent_at=sent_at, header=header,
        sealed=data[start : start + length], signature=data[-SIG_BYTES:],
    )  # fmt: skip


def signature_holds(data: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the last 64 bytes sign the rest. Takes about 0.1 ms and releases the GIL."""
    try:
        key.verify(data[-SIG_BYTES:], SIGNED + hashlib.sha256(data[:-SIG_BYTES]).digest())
    except InvalidSignature:
        return False
    return True


def seal(draft: Envelope, plain: bytes, key: bytes, device: Ed25519PrivateKey) -> bytes:
    """The bytes of `draft` with `plain` (padded content) sealed under the epoch key and signed by the device."""
    aad = draft.aad()
    header, sealed = aead.seal(key, aad, plain)
    body = b"".join([aad, header, struct.pack(">I", len(sealed)), sealed])
    if len(body) + SIG_BYTES > MAX_BYTES:
        raise BadEnvelope
    return body + device.sign(SIGNED + hashlib.sha256(body).digest())


def open_content(envelope: Envelope, key: bytes) -> bytes:
    """The padded content; raises `aead.CannotOpen`."""
    return aead.open_sealed(key, envelope.aad(), envelope.header, envelope.sealed)


def stored_hash(data: bytes) -> bytes:
    """SHA-256 of the stored bytes, as the acknowledgement carries it."""
    return hashlib.sha256(data).digest()
