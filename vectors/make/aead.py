# ruff: noqa: INP001 - a script, not a package
"""Makes vectors/aead.json with Google's `tink` (PyPI, 1.16.1): streaming AEAD AES256_GCM_HKDF. Not with our own code.

Run: python vectors/make/aead.py > vectors/aead.json. Tink draws salt and nonce prefix itself, so each run differs.
Source of the format: Tink's specification of Streaming AEAD, AES-GCM-HKDF.
"""

import io
import json
import os
import sys

import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2 as streaming
from tink.proto import common_pb2, tink_pb2

HEADER_BYTES = 40
TYPE = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"


class _Kept(io.BytesIO):
    """A sink that stays readable after Tink closes it."""

    def close(self) -> None:
        pass


def primitive(key: bytes, segment: int) -> streaming_aead.StreamingAead:
    """Tink's primitive over a raw 32-byte key and a ciphertext segment size."""
    material = streaming.AesGcmHkdfStreamingKey(
        version=0,
        key_value=key,
        params=streaming.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=segment, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
        ),
    )
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.append(
        tink_pb2.Keyset.Key(
            key_data=tink_pb2.KeyData(
                type_url=TYPE,
                value=material.SerializeToString(),
                key_material_type=tink_pb2.KeyData.SYMMETRIC,
            ),
            status=tink_pb2.ENABLED,
            key_id=1,
            output_prefix_type=tink_pb2.RAW,
        )
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def sealed_by_tink(key: bytes, segment: int, plain: bytes, aad: bytes) -> bytes:
    """Header and ciphertext."""
    sink = _Kept()
    with primitive(key, segment).new_encrypting_stream(sink, aad) as stream:
        stream.write(plain)
    return sink.getvalue()


def vector(name: str, segment: int, plain: bytes, aad: bytes) -> dict[str, object]:
    """One sealed text, split where our formats split it."""
    key = os.urandom(32)
    sealed = sealed_by_tink(key, segment, plain, aad)
    return {
        "name": name,
        "segment": segment,
        "key": key.hex(),
        "aad": aad.hex(),
        "plain": plain.hex(),
        "header": sealed[:HEADER_BYTES].hex(),
        "sealed": sealed[HEADER_BYTES:].hex(),
    }


def main() -> None:
    """Prints the file."""
    streaming_aead.register()
    small, message = 256, 64 * 1024
    first = small - HEADER_BYTES - 16
    cases = [
        vector("empty", message, b"", b"samrum"),
        vector("one byte", message, b"\x00", b""),
        vector("a padded message", message, os.urandom(1024), os.urandom(154)),
        vector("first segment full", small, os.urandom(first), b"aad"),
        vector("first segment and one byte", small, os.urandom(first + 1), b"aad"),
        vector("two segments full", small, os.urandom(first + small - 16), b"aad"),
        vector("several segments", small, os.urandom(first + 3 * (small - 16) + 7), b"aad"),
    ]
    made = f"tink {tink.__version__ if hasattr(tink, '__version__') else '1.16.1'}, streaming AEAD AES256_GCM_HKDF"
    json.dump({"made_by": made, "vectors": cases}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
