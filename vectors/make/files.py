# ruff: noqa: INP001 - a script, not a package
"""Makes vectors/files.json: files sealed by Google's `tink` (PyPI, 1.16.1), and Padmé's sizes. Not with our own code.

Run: python vectors/make/files.py > vectors/files.json. Tink draws salt and nonce prefix itself, so each run differs.
Byte `n` of a file is the last byte of `n * 2654435761 (mod 2**32) >> 13`, so that a reader can make it. Sources: Tink's
specification of Streaming AEAD, AES-GCM-HKDF; Padmé as in Nikitin and others, "Reducing Metadata Leakage from Encrypted Files
and Communication with PURBs", PoPETs 2019, algorithm 1.
"""

import hashlib
import json
import math
import os
import sys

from aead import HEADER_BYTES, sealed_by_tink
from tink import streaming_aead

SEGMENT = 1 << 20
TAG_BYTES = 16
SIZES = [0, 1, 2, 9, 100, 1000, 4097, 999_999, SEGMENT - 56, SEGMENT - 55, 5_000_000, 33_554_432, 1_234_567_890, 2**31]


def padme(size: int) -> int:
    """Algorithm 1 of the paper: the last `E - S` bits of the size become zero, upwards."""
    if size < 2:
        return size
    exponent = math.floor(math.log2(size))
    significant = math.floor(math.log2(exponent)) + 1 if exponent > 0 else 0
    mask = (1 << max(0, exponent - significant)) - 1
    return (size + mask) & ~mask


def sealed_size(plain: int) -> int:
    """Header, and a tag for each segment, laid out one after the other."""
    room, segments = plain - (SEGMENT - HEADER_BYTES - TAG_BYTES), 1
    while room > 0:
        room, segments = room - (SEGMENT - TAG_BYTES), segments + 1
    return HEADER_BYTES + plain + TAG_BYTES * segments


def sealed(size: int) -> dict[str, object]:
    """One file, padded and sealed."""
    key, name = os.urandom(32), os.urandom(32).hex()
    file = bytes(((at * 2654435761 & 0xFFFFFFFF) >> 13) & 255 for at in range(size))
    plain = file + bytes(padme(size) - size)
    data = sealed_by_tink(key, SEGMENT, plain, b"samrum/file/1" + name.encode())
    return {
        "key": key.hex(),
        "object": name,
        "size": size,
        "header": data[:HEADER_BYTES].hex(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def main() -> None:
    """Prints the file."""
    streaming_aead.register()
    made = {
        "made_by": "tink 1.16.1, streaming AEAD AES256_GCM_HKDF, segments of 1 MiB",
        "padme": [[size, padme(size), sealed_size(padme(size))] for size in SIZES],
        "sealed": [sealed(size) for size in (0, 1, 1000, SEGMENT - 64, SEGMENT, 2 * SEGMENT + 4711)],
    }
    json.dump(made, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
