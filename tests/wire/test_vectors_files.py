"""Sealed files and padded sizes, as Tink and Padmé's paper have them."""

import hashlib

import pytest

from samrum.wire import aead, files
from tests.wire.vectors import load

FILES = load("files")


@pytest.mark.parametrize(("size", "padded", "sealed"), FILES["padme"])
def test_sizes(size, padded, sealed):
    assert files.padme(size) == padded
    assert files.sealed_size(padded) == sealed
    assert files.is_sealed_size(sealed)


@pytest.mark.parametrize("case", FILES["sealed"], ids=lambda case: str(case["size"]))
def test_seals_what_tink_sealed(case, monkeypatch):
    header = bytes.fromhex(case["header"])
    monkeypatch.setattr(aead.secrets, "token_bytes", {32: header[1:33], 7: header[33:]}.get)
    file = bytes(((at * 2654435761 & 0xFFFFFFFF) >> 13) & 255 for at in range(case["size"]))
    plain = file + bytes(files.padme(len(file)) - len(file))
    own_header, sealed = aead.seal(bytes.fromhex(case["key"]), files.aad(case["object"]), plain, aead.FILE_SEGMENT)
    assert len(header + sealed) == case["bytes"]
    assert hashlib.sha256(own_header + sealed).hexdigest() == case["sha256"]
    assert (
        aead.open_sealed(bytes.fromhex(case["key"]), files.aad(case["object"]), header, sealed, aead.FILE_SEGMENT)
        == plain
    )
