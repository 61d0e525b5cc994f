"""Signed statements on the wire: compact JWS (RFC 7515) with Ed25519 (RFC 9864), an explicit `typ` and the signer's `kid`.

The bytes travel and are stored verbatim, so nothing is canonicalised. A verifier checks `typ` before anything else.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from samrum.wire.base import Jwk

MAX_BYTES = 1 << 20
"""The longest statement that is read."""


class BadStatement(ValueError):
    """The one error of this module: not a statement of the wanted type by the wanted signer. Never says more."""


class Statement(Protocol):
    """A payload struct that knows its `typ`."""

    TYP: ClassVar[str]


S = TypeVar("S", bound=msgspec.Struct)


_REGISTRY: Final = jose.JWSRegistry(algorithms=["Ed25519"])
_REGISTRY.max_payload_length = MAX_BYTES  # joserfc's own limit is below a roster of `home_api.MAX_MEMBERS` members

_P: Final = 2**255 - 19
_EIGHTH: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})
"""y of the eight points whose order divides 8: under such a key a signature says nothing of its message (decision 4)."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    typ: str
    kid: str


_header = msgspec.json.Decoder(_Header)
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def _unb64(part: str) -> bytes:
    if "=" in part or len(part) % 4 == 1:
        raise BadStatement
    data = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != part:
        raise BadStatement  # a second spelling of the same bytes
    return data


def sign(payload: msgspec.Struct, kid: str, key: Ed25519PrivateKey) -> str:
    """The compact JWS of `payload`, whose class carries `TYP`."""
    typ: str = payload.TYP  # type: ignore[attr-defined]
    return jose.serialize_compact(
        {"alg": "Ed25519", "typ": typ, "kid": kid},
        msgspec.json.encode(payload),
        OKPKey.import_key(key),
        registry=_REGISTRY,
    )


def peek_kid(jws: str) -> str:
    """The `kid` of an unverified statement; raises `BadStatement`."""
    try:
        return _header.decode(_unb64(jws.split(".", 1)[0])).kid
    except (ValueError, msgspec.MsgspecError):
        raise BadStatement from None


def peek(jws: str, want: type[S]) -> S:
    """The payload of a statement **without** checking the signature (to find the key that checks it)."""
    try:
        head, body, _ = jws.split(".")
        if _header.decode(_unb64(head)).typ != want.TYP:  # type: ignore[attr-defined]
            raise BadStatement
        return _decoder(want).decode(_unb64(body))
    except (ValueError, msgspec.MsgspecError):
        raise BadStatement from None


def verify(jws: str, want: type[S], key_of: Callable[[str], Ed25519PublicKey | None]) -> S:
    """The payload, if `jws` is a statement of type `want` signed by the key that `key_of(kid)` names.

    Raises `BadStatement` for anything else, whatever the reason.
    """
    try:
        if len(jws) > MAX_BYTES or not jws.isascii():
            raise BadStatement
        head, body, signature = jws.split(".")
        header = _header.decode(_unb64(head))
        if header.typ != want.TYP or header.alg != "Ed25519":  # type: ignore[attr-defined]
            raise BadStatement
        _unb64(signature)
        key = key_of(header.kid)
        if key is None:
            raise BadStatement
        jose.deserialize_compact(jws, OKPKey.import_key(key), registry=_REGISTRY)
        return _decoder(want).decode(_unb64(body))
    except (ValueError, JoseError, msgspec.MsgspecError):
        raise BadStatement from None


def _decoder(want: type[S]) -> "msgspec.json.Decoder[S]":
    if want not in _decoders:
        _decoders[want] = msgspec.json.Decoder(want)
    return _decoders[want]


def digest(jws: str) -> str:
    """SHA-256 of the statement's ASCII bytes, base64url: what the next statement of a chain calls `prev`."""
    return b64(hashlib.sha256(jws.encode("ascii")).digest())


FIRST = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
"""`prev` of the first statement of a chain: 32 zero bytes."""


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding; raises `BadStatement` for any other spelling."""
    try:
        return _unb64(text)
    except ValueError:
        raise BadStatement from None


def jwk_of(key: Ed25519PublicKey) -> Jwk:
    """The public JWK of a key."""
    return Jwk(kty="OKP", crv="Ed25519", x=b64(key.public_bytes(Encoding.Raw, PublicFormat.Raw)))


def key_of_jwk(jwk: Jwk) -> Ed25519PublicKey:
    """The key of a public JWK; raises `BadStatement` for another kind of key, another spelling, or a point of small order."""
    raw = unb64(jwk.x)
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if jwk.kty != "OKP" or jwk.crv != "Ed25519" or len(raw) != 32 or y >= _P or y in _SMALL:
        raise BadStatement
    return Ed25519PublicKey.from_public_bytes(raw)
