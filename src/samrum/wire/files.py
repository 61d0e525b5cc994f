"""Files outside messages: how large a sealed object is, and what its seal is bound to.

A file is sealed in the AEAD's file form (`wire.aead`, segments of 1 MiB of ciphertext) under a key of its own that stands in the
message. Its plain text is the file's bytes and zeros up to Padmé's size; the object is `header 40 | ciphertext`. So a size tells
at most the size within 12 %, and relay takes no other (`is_sealed_size`). Source of Padmé: Nikitin and others, "Reducing Metadata
Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019, section 4.
"""

from typing import Final

from samrum.wire.aead import FILE_SEGMENT, HEADER_BYTES, TAG_BYTES
from samrum.wire.ids import ObjectName

MAX_OBJECT: Final = 9 << 28
"""Bytes of the largest object (2.25 GiB): a file of 2 GiB fits."""
MAX_BODY: Final = 8 << 20
"""Bytes of one `PUT`."""
MIN_BODY: Final = 256 << 10
"""Bytes that a `PUT` has at least, unless it ends the object: each is kept by itself."""


def padme(size: int) -> int:
    """The size to which `size` bytes are padded: only the leading bits of a number are kept, fewer the larger it is."""
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    return (size + (1 << zeros) - 1) >> zeros << zeros


def sealed_size(plain: int) -> int:
    """Bytes of the object that seals `plain` bytes."""
    segments = max(1, -(-(plain + HEADER_BYTES) // (FILE_SEGMENT - TAG_BYTES)))
    return HEADER_BYTES + plain + TAG_BYTES * segments


def is_sealed_size(size: int) -> bool:
    """Whether an object of `size` bytes can be a padded file."""
    plain = size - HEADER_BYTES - TAG_BYTES * max(1, -(-size // FILE_SEGMENT))
    return plain >= 0 and sealed_size(plain) == size and padme(plain) == plain


def aad(name: ObjectName) -> bytes:
    """What a file's seal is bound to: an object under another name does not open."""
    return b"samrum/file/1" + name.encode("ascii")
