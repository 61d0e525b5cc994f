"""Makes vectors/statements.json: every kind of signed statement, good and bad, without any code of Samrum's.

Written from docs/protocol.md and the tables of its section 2, with json, hashlib and `cryptography`'s Ed25519 (helpers of
statements.py). Run: python vectors/make/formats.py. Seeds are fixed, so the file comes out the same on every run.

Each bad one has a class, the first rule that it breaks: `form` (not a compact JWS), `header`, `typ`, `signer`, `signature`,
`schema`. Verifiers give one error for all; the classes are for people who write one.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from statements import (
    CERT,
    DEV,
    DEVICE,
    FIRST,
    HERE,
    HOME,
    KID,
    PID,
    ROOM,
    TENANT,
    b64,
    compact,
    epoch,
    head,
    ident,
    jwk,
    public,
    signer,
)

NOW = 1_790_000_000
JTI = b64(hashlib.sha256(b"jti").digest()[:16])
HASH = b64(hashlib.sha256(b"body").digest())
STRANGER = signer("stranger")
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of edwards25519's base point (RFC 8032 section 5.1)."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Payload = dict[str, Any]

# By `typ`: who signs, payloads that hold, and per payload field a value that must not.
KINDS: dict[str, dict[str, Any]] = {
    "samrum-cert": {
        "good": [
            ("persistent storage", CERT),
            ("a shared computer, 12 hours", CERT | {"persistent": False, "exp": CERT["iat"] + 43_200}),
        ],
        "fields": {
            "iss": ident("r", "tenant"), "sub": PID.upper(), "dev": PID, "cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519"}},
            "iat": -1, "exp": "tomorrow", "persistent": 1,
        },
    },
    "samrum-grant": {
        "good": [
            ("a member's", {"iss": TENANT, "aud": "relay", "sub": PID, "dev": DEV, "cnf": {"jwk": jwk(DEVICE)},
                            "iat": NOW, "exp": NOW + 86_400, "jti": JTI}),
            ("a guest's, for the lobby", {"iss": TENANT, "aud": "relay", "sub": ident("p", "guest"), "dev": DEV,
                                          "cnf": {"jwk": jwk(DEVICE)}, "iat": NOW, "exp": NOW + 3600, "jti": JTI, "lobby": ROOM}),
        ],
        "fields": {
            "iss": TENANT + "a", "aud": None, "sub": PID + "\n", "dev": DEV[:-1], "cnf": {"jwk": jwk(DEVICE), "kid": KID},
            "iat": 1.5, "exp": 2**48 + 1, "jti": JTI[:-1], "lobby": PID,
        },
    },
    "samrum-snapshot": {
        "good": [
            ("an open group", {"tenant": TENANT, "room": ROOM, "version": 500, "prev": HASH, "epoch": epoch(2),
                               "policy": {"kind": "group", "history": "open", "post": "member"}, "count": 41, "members_hash": HASH}),
            ("defaults of the policy left out", {"tenant": TENANT, "room": ROOM, "version": 1, "prev": FIRST, "epoch": epoch(1),
                                                 "policy": {"kind": "direct"}, "count": 2, "members_hash": HASH}),
        ],
        "fields": {
            "tenant": ROOM, "room": "r_", "version": -1, "prev": FIRST + "=", "epoch": epoch(1) | {"n": 2**32},
            "policy": {"kind": "party"}, "count": 2**32, "members_hash": HASH[:-1], "at": -1,
        },
    },
    "samrum-past": {
        "good": [
            ("two epochs, and three people", {
                "tenant": TENANT, "room": ROOM, "version": 500, "epochs": [epoch(1), epoch(2)],
                "members": [{"pid": PID, "spans": [[1, 1], [2, None]]}, {"pid": ident("p", "bo"), "spans": [[1, 4]]},
                            {"pid": ident("p", "stranger")}]}),
            ("nothing was asked", {"tenant": TENANT, "room": ROOM, "version": 1}),
        ],
        "fields": {
            "tenant": PID, "room": TENANT, "version": 0, "epochs": [epoch(1) | {"kc": HASH[:-1]}],
            "members": [{"pid": PID, "spans": [[1]]}],
        },
    },
    "samrum-hint": {
        "good": [
            ("to a room", {"tenant": TENANT, "to": ROOM, "topic": "room", "iat": NOW, "version": 7}),
            ("to a person", {"tenant": TENANT, "to": PID, "topic": "devices", "iat": NOW}),
        ],
        "fields": {"tenant": "", "to": DEV, "topic": "gossip", "iat": True, "version": -1},
    },
    "samrum-revoke": {
        "good": [
            ("a device", {"tenant": TENANT, "pid": PID, "iat": NOW, "until": NOW + 86_400, "dev": DEV}),
            ("all of a person", {"tenant": TENANT, "pid": PID, "iat": NOW, "until": NOW + 86_400}),
        ],
        "fields": {"tenant": None, "pid": DEV, "iat": "0", "until": -5, "dev": ROOM},
    },
    "samrum-head": {
        "good": [
            ("of an empty ledger", {"tenant": TENANT, "n": 0, "head": FIRST, "iat": NOW}),
            ("after many entries", {"tenant": TENANT, "n": 2**32 - 1, "head": HASH, "iat": NOW}),
        ],
        "fields": {"tenant": [TENANT], "n": 2**32, "head": HASH.replace(HASH[3], "/"), "iat": {}},
    },
    "samrum-call": {
        "good": [
            ("a roster", {"tenant": TENANT, "htm": "POST", "path": f"/tenants/{TENANT}/rosters", "bh": HASH, "iat": NOW, "jti": JTI}),
            ("a head", {"tenant": TENANT, "htm": "POST", "path": f"/tenants/{TENANT}/head", "bh": HASH, "iat": NOW, "jti": JTI}),
        ],
        "fields": {"tenant": 1, "htm": 0, "path": None, "bh": HASH + "A", "iat": -1, "jti": JTI + "\n"},
    },
    "samrum-proof": {
        "good": [
            ("a key request", {"htm": "POST", "path": "/keys", "bh": HASH, "iat": NOW, "jti": JTI}),
            ("a path with a query", {"htm": "GET", "path": "/ledger?after=0&limit=10", "bh": b64(hashlib.sha256(b"").digest()),
                                     "iat": NOW, "jti": JTI}),
        ],
        "fields": {"htm": None, "path": ["/keys"], "bh": "", "iat": 0.5, "jti": JTI.replace(JTI[0], "=", 1)},
    },
}  # fmt: skip


def twin(text: str) -> str:
    """base64url with the unused low bits of its last letter set: the same bytes in a second spelling."""
    return text[:-1] + LETTERS[LETTERS.index(text[-1]) ^ 1]


def raw_compact(first: bytes, second: bytes, key: Ed25519PrivateKey) -> str:
    """A compact JWS over any bytes."""
    signed = f"{b64(first)}.{b64(second)}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def higher_s(signature: bytes) -> bytes:
    """The same signature with S + L: equal modulo the group's order, which RFC 8032 section 5.1.7 refuses."""
    s = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + s.to_bytes(32, "little")


def bad(typ: str, good: Payload, fields: Payload, kid: str, key: Ed25519PrivateKey) -> list[Payload]:
    """Statements of one kind that no verifier takes."""
    whole = compact(head(typ, kid), good, key)
    first, second, last = whole.split(".")
    header, payload = (json.dumps(part, separators=(",", ":")).encode() for part in (head(typ, kid), good))
    signature = base64.urlsafe_b64decode(last + "==")
    other = "samrum-grant" if typ != "samrum-grant" else "samrum-cert"
    hs256 = f"{b64(json.dumps({'alg': 'HS256', 'typ': typ, 'kid': kid}, separators=(',', ':')).encode())}.{second}"
    hs256 += "." + b64(hmac.digest(public(key), hs256.encode(), "sha256"))
    found: list[tuple[str, str, str]] = [
        ("form", "empty", ""),
        ("form", "one part", first),
        ("form", "two parts", f"{first}.{second}"),
        ("form", "four parts", f"{whole}."),
        ("form", "JSON serialisation", json.dumps({"protected": first, "payload": second, "signature": last})),
        ("form", "padded base64", f"{whole}=="),
        ("form", "a space", f"{first}.{second} .{last}"),
        ("form", "a newline after it", f"{whole}\n"),
        ("form", "letters of plain base64", f"{first}.{second}.{'+/' + last[2:]}"),
        ("form", "a second spelling of the signature", f"{first}.{second}.{twin(last)}"),
        ("form", "a letter beyond ASCII", f"{first}.{second}.{last[:-1]}\u0101"),
        ("header", "algorithm EdDSA", compact({"alg": "EdDSA", "typ": typ, "kid": kid}, good, key)),
        (
            "header",
            "algorithm none, no signature",
            f"{b64(json.dumps({'alg': 'none', 'typ': typ, 'kid': kid}).encode())}.{second}.",
        ),
        ("header", "algorithm HS256 keyed with the public key", hs256),
        ("header", "no kid", compact({"alg": "Ed25519", "typ": typ}, good, key)),
        ("header", "a kid that is a number", compact({"alg": "Ed25519", "typ": typ, "kid": 1}, good, key)),
        ("header", "critical extension", compact(head(typ, kid) | {"crit": ["b64"], "b64": False}, good, key)),
        ("header", "a key of its own", compact(head(typ, kid) | {"jwk": jwk(STRANGER)}, good, STRANGER)),
        ("header", "a list", raw_compact(b"[]", payload, key)),
        ("header", "not JSON", raw_compact(b"{", payload, key)),
        ("header", "a byte order mark", raw_compact(b"\xef\xbb\xbf" + header, payload, key)),
        ("typ", "another kind", compact(head(other, kid), good, key)),
        ("typ", "the media type in full", compact(head("application/" + typ, kid), good, key)),
        ("typ", "in capitals", compact(head(typ.upper(), kid), good, key)),
        ("signer", "a stranger under the right kid", compact(head(typ, kid), good, STRANGER)),
        ("signer", "an unknown kid", compact(head(typ, ident("k", "unknown")), good, key)),
        ("signature", "none", f"{first}.{second}."),
        ("signature", "of the payload without its last space", f"{first}.{b64(payload + b' ')}.{last}"),
        ("signature", "one bit changed", f"{first}.{second}.{b64(bytes([signature[0] ^ 1]) + signature[1:])}"),
        ("signature", "63 bytes", f"{first}.{second}.{b64(signature[:-1])}"),
        ("signature", "65 bytes", f"{first}.{second}.{b64(signature + bytes(1))}"),
        ("signature", "S + L", f"{first}.{second}.{b64(higher_s(signature))}"),
        ("schema", "not JSON", raw_compact(header, payload[:-1], key)),
        ("schema", "more after it", raw_compact(header, payload + b"{}", key)),
        ("schema", "not UTF-8", raw_compact(header, payload.replace(b'"', b'"\xff', 1), key)),
        ("schema", "a byte order mark", raw_compact(header, b"\xef\xbb\xbf" + payload, key)),
        ("schema", "a list", compact(head(typ, kid), [good], key)),
        ("schema", "null", compact(head(typ, kid), None, key)),
        ("schema", "no fields", compact(head(typ, kid), {}, key)),
        ("schema", "an unknown field", compact(head(typ, kid), good | {"display_name": "Anna"}, key)),
        ("schema", "an unknown field named __proto__", compact(head(typ, kid), good | {"__proto__": {}}, key)),
    ]
    found += [
        ("schema", f"bad {name}", compact(head(typ, kid), good | {name: value}, key)) for name, value in fields.items()
    ]
    for name in ("bh", "jti", "prev", "members_hash", "head"):
        if isinstance(good.get(name), str) and good[name] != FIRST:
            spelled = compact(head(typ, kid), good | {name: twin(good[name])}, key)
            found.append(("schema", f"a second spelling of {name}", spelled))
    return [{"class": group, "name": name, "jws": jws} for group, name, jws in found]


def main() -> None:
    """Writes the file."""
    signers = {"home": (KID, HOME), "device": (DEV, DEVICE)}
    kinds = {}
    for typ, one in KINDS.items():
        signed_by = "device" if typ == "samrum-proof" else "home"
        kid, key = signers[signed_by]
        kinds[typ] = {
            "signer": signed_by,
            "good": [
                {"name": name, "payload": payload, "jws": compact(head(typ, kid), payload, key)}
                for name, payload in one["good"]
            ],
            "bad": bad(typ, one["good"][0][1], one["fields"], kid, key),
        }
    out = {
        "made_by": "json, hashlib and cryptography's Ed25519, from docs/protocol.md",
        "signers": {name: {"kid": kid, "jwk": jwk(key)} for name, (kid, key) in signers.items()},
        "kinds": kinds,
    }
    (HERE / "statements.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
