"""Epoch keys under their period key: base64url(nonce 12 | AES-256-GCM), bound to tenant, room, epoch and key id.

Used by home and by whoever restores it (`home/drill`).
"""

import secrets
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.wire import ids, jws
from samrum.wire.ids import KeyId, RoomId, TenantId


def aad(tenant: TenantId, room: RoomId, epoch: int, key_id: KeyId) -> bytes:
    """What a wrapped key belongs to: "samrum/epoch/1" | tenant | room | epoch u32 | key id."""
    return b"".join(
        [b"samrum/epoch/1", ids.raw(tenant, "t"), ids.raw(room, "r"), struct.pack(">I", epoch), ids.raw(key_id, "k")]
    )


def wrap(period: bytes | bytearray, key: bytes, bound_to: bytes) -> str:
    """The key as it is stored."""
    nonce = secrets.token_bytes(12)
    return jws.b64(nonce + AESGCM(period).encrypt(nonce, key, bound_to))


def unwrap(period: bytes | bytearray, wrapped: str, bound_to: bytes) -> bytes:
    """The key; raises `cryptography.exceptions.InvalidTag` or `ValueError`."""
    data = jws.unb64(wrapped)
    return AESGCM(period).decrypt(data[:12], data[12:], bound_to)
