"""Wycheproof's AES-GCM, HKDF and Ed25519 vectors against `cryptography`, called as `wire` calls it.

Chromium gets the same files in `web/e2e/wycheproof-webcrypto.test.mjs`; where the two differ stands in decision 4.
"""

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samrum.wire import jws
from tests.wire.wycheproof import cases

NONCES = range(8, 129)
"""Bytes of nonce that `cryptography` takes for AES-GCM. Ours has 12."""


def test_aes_gcm():
    offered = 0
    for group, case in cases("aes_gcm"):
        key, iv, aad, msg, ct, tag = (bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag"))
        what = f"{case['tcId']} {case['comment']}"
        if len(iv) not in NONCES:
            with pytest.raises(ValueError, match="Nonce"):
                AESGCM(key).encrypt(iv, msg, aad)
            continue
        offered += 1
        if case["result"] == "valid":
            assert AESGCM(key).decrypt(iv, ct + tag, aad) == msg, what
            assert AESGCM(key).encrypt(iv, msg, aad) == ct + tag, what
        else:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(iv, ct + tag, aad)
        assert group["tagSize"] == 128
    assert offered > 250


@pytest.mark.parametrize(("name", "digest"), [("hkdf_sha256", SHA256), ("hkdf_sha512", SHA512)])
def test_hkdf(name, digest):
    for _, case in cases(name):
        ikm, salt, info, okm = (bytes.fromhex(case[part]) for part in ("ikm", "salt", "info", "okm"))
        if case["result"] == "valid":
            assert HKDF(digest(), case["size"], salt, info).derive(ikm) == okm, case["tcId"]
        else:
            with pytest.raises(ValueError, match="larger"):
                HKDF(digest(), case["size"], salt, info).derive(ikm)


def test_ed25519():
    for group, case in cases("ed25519"):
        key = jws.key_of_jwk(jws.Jwk(kty="OKP", crv="Ed25519", x=group["publicKeyJwk"]["x"]))
        try:
            key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
        except InvalidSignature:
            assert case["result"] == "invalid", case["tcId"]
        else:
            assert case["result"] == "valid", case["tcId"]
