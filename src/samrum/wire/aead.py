"""The one AEAD for messages and files: Tink's AES256_GCM_HKDF streaming form.

`header = 40 | salt 32 | nonce prefix 7`; derived key = HKDF-SHA256(key, salt, info = AAD, 32); segment nonce =
prefix | segment u32 | last (0/1). The first ciphertext segment is shorter by the header; every segment carries its
16-byte tag. Source: Tink's specification of Streaming AEAD, AES-GCM-HKDF; RFC 5869; vectors in `vectors/`.
"""

import secrets
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HEADER_BYTES = 40
TAG_BYTES = 16
MESSAGE_SEGMENT = 64 * 1024
FILE_SEGMENT = 1024 * 1024


class CannotOpen(ValueError):
    """The one error of opening: wrong key, wrong AAD, or bytes changed, cut, repeated or reordered."""


def _cipher(key: bytes, salt: bytes, aad: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, aad).derive(key))


def seal(key: bytes, aad: bytes, plain: bytes, segment: int = MESSAGE_SEGMENT) -> tuple[bytes, bytes]:
    """`(header, ciphertext)` of `plain` under a 32-byte `key`, with fresh salt and nonce prefix."""
    if len(key) != 32:
        raise ValueError("the key has 32 bytes")
    salt, prefix = secrets.token_bytes(32), secrets.token_bytes(7)
    cipher = _cipher(key, salt, aad)
    size, out, at, index = segment - TAG_BYTES - HEADER_BYTES, [], 0, 0
    while True:
        end = at + size
        last = end >= len(plain)
        out.append(cipher.encrypt(prefix + struct.pack(">IB", index, last), plain[at:end], None))
        if last:
            return bytes([HEADER_BYTES]) + salt + prefix, b"".join(out)
        at, index, size = end, index + 1, segment - TAG_BYTES


def open_sealed(key: bytes, aad: bytes, header: bytes, sealed: bytes, segment: int = MESSAGE_SEGMENT) -> bytes:
    """The plain text; raises `CannotOpen` for every reason alike."""
    if len(key) != 32 or len(header) != HEADER_BYTES or header[0] != HEADER_BYTES:
        raise CannotOpen
    cipher = _cipher(key, header[1:33], aad)
    size, out, at, index = segment - HEADER_BYTES, [], 0, 0
    while True:
        end = at + size
        last = end >= len(sealed)
        try:
            out.append(cipher.decrypt(header[33:] + struct.pack(">IB", index, last), sealed[at:end], None))
        except (InvalidTag, ValueError):
            raise CannotOpen from None
        if last:
            return b"".join(out)
        at, index, size = end, index + 1, segment
