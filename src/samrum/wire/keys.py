"""Derivations that home and browser share: key commitment and media secrets.

Sources: rule 3 (commitment), docs/protocol.md (Media), RFC 5869. Relay never imports this module.
"""

import hashlib
import struct

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samrum.wire import ids
from samrum.wire.ids import RoomId

DAY_SECONDS = 86_400


def commitment(key: bytes) -> bytes:
    """SHA-256("samrum/kc/1" | K_e): what the roster and the ledger say of an epoch key."""
    return hashlib.sha256(b"samrum/kc/1" + key).digest()


def media_base(day_key: bytes | bytearray, room: RoomId, epoch: int, day: int) -> bytes:
    """32 bytes: HKDF-SHA512(day key, salt = room, info = "samrum/day/1" | epoch u32 | day u32). `day` counts from 1970."""
    info = b"samrum/day/1" + struct.pack(">II", epoch, day)
    return HKDF(SHA512(), 32, ids.raw(room, "r"), info).derive(day_key)
