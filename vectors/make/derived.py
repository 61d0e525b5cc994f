"""Makes vectors/ids.json, media.json, ledger.json and keys.json: ids, media keys, the ledger's chain, and key requests.

Written from docs/protocol.md and RFC 9605 with base64, hashlib, hmac and `cryptography`'s AES-GCM and Ed25519, without any code of
Samrum's. HKDF (RFC 5869) is written out. Run: python vectors/make/derived.py.
"""

import base64
import hashlib
import hmac
import json
import struct
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from statements import (
    DEV,
    DEVICE,
    EPOCH_KEYS,
    FIRST,
    HERE,
    HOME,
    KID,
    PID,
    ROOM,
    TENANT,
    b64,
    commitment,
    compact,
    head,
    ident,
    jwk,
    raw16,
    signer,
)

NOW = 1_790_000_000


def ids() -> dict[str, Any]:
    """Ids in text and bytes, and texts that are none. Classes: `kind`, `length`, `letter`, `spelling`."""
    body = PID[2:]
    raws = [bytes(16), b"\xff" * 16, bytes(range(16)), raw16("anna"), b"\x80" + bytes(15), bytes(15) + b"\x01"]
    good = [
        {"kind": kind, "text": f"{kind}_{base64.b32encode(raw).decode().rstrip('=').lower()}", "raw": raw.hex()}
        for kind, raw in zip("pdrtkmcp", [*raws, raw16("bo"), raw16("cia")], strict=True)
    ]
    bad = [
        ("kind", "another kind", "d_" + body), ("kind", "an unknown kind", "x_" + body), ("kind", "no prefix", body),
        ("kind", "prefix in capitals", "P_" + body), ("kind", "prefix twice", "p_" + PID), ("kind", "a hyphen", "p-" + body),
        ("length", "nothing", ""), ("length", "the prefix alone", "p_"), ("length", "one letter less", PID[:-1]),
        ("length", "one letter more", PID + "a"), ("length", "with padding", PID + "======"), ("length", "two ids", f"{PID}{PID}"),
        ("letter", "capitals", "p_" + body.upper()), ("letter", "one capital", "p_" + body[0].upper() + body[1:]),
        ("letter", "0, 1, 8 and 9", "p_0189" + body[4:]), ("letter", "a letter beyond ASCII", "p_\u0131" + body[1:]),
        ("letter", "full-width letters", "p_" + chr(0xFF41) + body[1:]), ("letter", "a space before it", " " + PID),
        ("letter", "a newline after it", PID + "\n"), ("letter", "a NUL after it", PID + "\0"), ("letter", "a dot in it", PID[:9] + "." + PID[10:]),
        ("spelling", "an unused bit set", "p_" + "a" * 25 + "b"), ("spelling", "all unused bits set", "p_" + "a" * 25 + "d"),
        ("spelling", "the last letter is 7", "p_" + "7" * 26),
    ]  # fmt: skip
    identities = [
        ("form", "pseudonym alone", PID), ("form", "nothing", ""), ("form", "a dot", "."), ("form", "three parts", f"{PID}.{DEV}.{DEV}"),
        ("form", "a dot at the end", f"{PID}.{DEV}."), ("kind", "device first", f"{DEV}.{PID}"), ("kind", "two pseudonyms", f"{PID}.{PID}"),
        ("letter", "a newline after it", f"{PID}.{DEV}\n"), ("letter", "in capitals", f"{PID}.{DEV}".upper()), ("letter", "a colon", f"{PID}:{DEV}"),
    ]  # fmt: skip
    return {
        "made_by": "Python's base64, RFC 4648 section 6",
        "good": good,
        "bad": [{"class": group, "name": name, "kind": "p", "text": text} for group, name, text in bad],
        "identity": {
            "good": [{"text": f"{PID}.{DEV}", "pid": PID, "dev": DEV}],
            "bad": [{"class": group, "name": name, "text": text} for group, name, text in identities],
        },
    }


def hkdf(name: str, key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869."""
    size = hashlib.new(name).digest_size
    secret = hmac.digest(salt or bytes(size), key, name)
    out, block = b"", b""
    for n in range(1, -(-length // size) + 1):
        block = hmac.digest(secret, block + info + bytes([n]), name)
        out += block
    return out[:length]


def sframe_field(value: int) -> tuple[int, bytes]:
    """RFC 9605 section 4.3: the four bits of one field and the bytes that follow."""
    if value < 8:
        return value, b""
    data = value.to_bytes(-(-value.bit_length() // 8), "big")
    return 8 | (len(data) - 1), data


def media_case(
    name: str, *, epoch: int, day: int, join: int, ctr: int, prefix: bytes, plain: bytes, who: str = "anna"
) -> dict[str, Any]:
    """From the day key to one frame on the wire."""
    day_key = hashlib.sha256(b"day key").digest()
    meeting, pid, dev = raw16("meeting"), raw16(who), raw16("device")
    base = hkdf("sha512", day_key, raw16("room"), b"samrum/day/1" + struct.pack(">II", epoch, day), 32)
    kid = struct.pack(">HHI", epoch % 2**16, day % 2**16, join)
    base_key = hkdf("sha512", base, b"", b"samrum/media/1" + meeting + pid + dev + kid, 32)
    suite = struct.pack(">H", 5)
    key = hkdf("sha512", base_key, b"", b"SFrame 1.0 Secret key " + kid + suite, 32)
    salt = hkdf("sha512", base_key, b"", b"SFrame 1.0 Secret salt " + kid + suite, 12)
    (k_bits, k_bytes), (c_bits, c_bytes) = sframe_field(int.from_bytes(kid, "big")), sframe_field(ctr)
    header = bytes([k_bits << 4 | c_bits]) + k_bytes + c_bytes
    nonce = (int.from_bytes(salt, "big") ^ ctr).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, plain, header + prefix)
    return {
        "name": name, "day_key": day_key.hex(), "room": ROOM, "epoch": epoch, "day": day, "base": base.hex(),
        "meeting": ident("c", "meeting"), "pid": ident("p", who), "dev": ident("d", "device"), "join": join, "kid": kid.hex(),
        "base_key": base_key.hex(), "sframe_key": key.hex(), "sframe_salt": salt.hex(), "ctr": str(ctr),
        "prefix": prefix.hex(), "plain": plain.hex(), "frame": (prefix + header + sealed).hex(),
    }  # fmt: skip


def media() -> dict[str, Any]:
    """The key schedule, and frames that must not open under another sender, meeting, period or prefix. Classes: `key`, `frame`."""
    opus, vp8 = b"\x03", bytes.fromhex("30120a9d012a8002e001")
    good = [
        media_case("the first Opus frame", epoch=1, day=20_717, join=0x01020304, ctr=0, prefix=opus, plain=b"\xfcsound"),
        media_case("a VP8 key frame", epoch=1, day=20_717, join=0x01020304, ctr=1, prefix=vp8, plain=bytes(1200)),
        media_case("a VP8 delta frame", epoch=1, day=20_717, join=0xFFFFFFFF, ctr=255, prefix=b"\x31\x12\x0a", plain=b"picture"),
        media_case("a large counter", epoch=1, day=20_717, join=0, ctr=2**40, prefix=opus, plain=b"\xfcsound"),
        media_case("an epoch above 2^16", epoch=65_537, day=20_717, join=7, ctr=9, prefix=opus, plain=b"\xfcsound"),
        media_case("a day above 2^16", epoch=3, day=70_000, join=7, ctr=9, prefix=opus, plain=b"\xfcsound"),
        media_case("KID below 8", epoch=0, day=0, join=5, ctr=6, prefix=b"\x31\x12\x0a", plain=b"picture"),
    ]  # fmt: skip
    one = good[1]
    frame = bytes.fromhex(one["frame"])
    later = media_case("", epoch=2, day=20_717, join=0x01020304, ctr=1, prefix=vp8, plain=bytes(1200))
    tomorrow = media_case("", epoch=1, day=20_718, join=0x01020304, ctr=1, prefix=vp8, plain=bytes(1200))
    bad = [
        ("key", "another sender's frame", {"pid": ident("p", "bo")}), ("key", "another device's frame", {"dev": ident("d", "other")}),
        ("key", "another meeting's frame", {"meeting": ident("c", "other")}), ("key", "the next epoch's secret", {"base": later["base"]}),
        ("key", "the next day's secret", {"base": tomorrow["base"]}),
        ("frame", "a changed prefix", {"frame": (frame[:1] + bytes([frame[1] ^ 1]) + frame[2:]).hex()}),
        ("frame", "another counter", {"frame": (frame[:10] + bytes([frame[10] ^ 3]) + frame[11:]).hex()}),
        ("frame", "a changed picture", {"frame": (frame[:30] + bytes([frame[30] ^ 1]) + frame[31:]).hex()}),
        ("frame", "a changed tag", {"frame": (frame[:-1] + bytes([frame[-1] ^ 1])).hex()}), ("frame", "cut", {"frame": frame[:-1].hex()}),
        ("frame", "longer", {"frame": (frame + b"\0").hex()}), ("frame", "header alone", {"frame": frame[:19].hex()}),
    ]  # fmt: skip
    keep = ("room", "epoch", "day", "base", "meeting", "pid", "dev", "prefix", "frame")
    return {
        "made_by": "hmac (RFC 5869 written out), RFC 9605 written out, cryptography's AES-GCM",
        "good": good,
        "bad": [
            {"class": group, "name": name} | {key: one[key] for key in keep} | change for group, name, change in bad
        ],
    }


def ledger() -> dict[str, Any]:
    """A ledger of five lines with its heads, and what does not belong to the signed one.

    Classes: `signature`, `gap` (numbers do not run 1, 2, …, n), `head` (lines that do not lead to the head), `fork` (a head that
    relay witnessed is not on the way).
    """
    lines = [
        json.dumps({"kind": kind, "at": NOW + n, **more}, separators=(",", ":"))
        for n, (kind, more) in enumerate(
            [
                ("device", {"pid": PID, "dev": DEV, "key": b64(hashlib.sha256(b"key").digest())}),
                ("key", {"room": ROOM, "epoch": 1, "key_id": ident("k", "epoch 1"), "kc": commitment(EPOCH_KEYS[1])}),
                ("roster", {"room": ROOM, "version": 1, "digest": b64(hashlib.sha256(b"roster").digest())}),
                ("device_revoked", {"pid": PID, "dev": DEV}),
                ("client", {"digest": b64(hashlib.sha256(b"client").digest())}),
            ]
        )
    ]
    hashes = [hashlib.sha256(line.encode()).digest() for line in lines]
    heads = [bytes(32)]
    for one in hashes:
        heads.append(hashlib.sha256(heads[-1] + one).digest())

    def sign(n: int, value: bytes, key: Any = HOME, tenant: str = TENANT) -> str:
        return compact(head("samrum-head"), {"tenant": tenant, "n": n, "head": b64(value), "iat": NOW + 60 + n}, key)

    entries = [{"n": n, "line": line} for n, line in enumerate(lines, 1)]
    spaced = [entries[0] | {"line": json.dumps(json.loads(lines[0]))}, *entries[1:]]
    forged = [
        entries[0],
        entries[1] | {"line": lines[1].replace(commitment(EPOCH_KEYS[1]), commitment(EPOCH_KEYS[2]))},
        *entries[2:],
    ]
    whole, stranger = sign(5, heads[5]), hashlib.sha256(b"fork").digest()
    bad = [
        ("signature", "a stranger's head", entries, sign(5, heads[5], signer("stranger")), []),
        ("signature", "a stranger's witnessed head", entries, whole, [sign(3, heads[3], signer("stranger"))]),
        ("gap", "the last line withheld", entries[:-1], whole, []),
        ("gap", "the first line withheld", entries[1:], whole, []),
        ("gap", "a line left out", entries[:2] + entries[3:], whole, []),
        ("gap", "a line more", [*entries, {"n": 6, "line": "{}"}], whole, []),
        ("gap", "an empty ledger under a head of five", [], whole, []),
        ("head", "two lines in another order", [entries[0], entries[2] | {"n": 2}, entries[1] | {"n": 3}, *entries[3:]], whole, []),
        ("head", "a commitment rewritten", forged, whole, []),
        ("head", "the same JSON in other bytes", spaced, whole, []),
        ("head", "another head under the same number", entries, sign(5, stranger), []),
        ("fork", "relay saw another third head", entries, whole, [sign(3, stranger)]),
        ("fork", "relay saw a later head: lines were taken back", entries[:4], sign(4, heads[4]), [sign(5, heads[5])]),
        ("fork", "a head of another authority", entries, whole, [sign(3, heads[3], tenant=ident("t", "other"))]),
    ]  # fmt: skip
    return {
        "made_by": "hashlib, json and cryptography's Ed25519",
        "home": {"kid": KID, "jwk": jwk(HOME)},
        "entries": entries,
        "hashes": [b64(one) for one in hashes],
        "heads": [b64(one) for one in heads],
        "good": [
            {"name": "whole, witnessed on the way", "entries": entries, "head": whole, "witnessed": [sign(2, heads[2]), sign(5, heads[5])]},
            {"name": "empty", "entries": [], "head": sign(0, heads[0]), "witnessed": []},
        ],
        "bad": [
            {"class": group, "name": name, "entries": some, "head": signed, "witnessed": witnessed}
            for group, name, some, signed, witnessed in bad
        ],
    }  # fmt: skip


def keys() -> dict[str, Any]:
    """A key request: the body, the device's proof over it, and the answer. Classes: `json`, `schema`."""
    body = json.dumps({"want": [[ROOM, 1], [ROOM, 2]], "media": [ROOM]}, separators=(",", ":"))
    proof = {
        "htm": "POST",
        "path": "/keys",
        "bh": b64(hashlib.sha256(body.encode()).digest()),
        "iat": NOW,
        "jti": b64(raw16("jti")),
    }
    key = {"room": ROOM, "epoch": 1, "key_id": ident("k", "epoch 1"), "key": b64(EPOCH_KEYS[1])}
    base = {"room": ROOM, "epoch": 1, "day": 20_717, "base": b64(hashlib.sha256(b"base").digest())}
    refused = {"room": ident("r", "other"), "epoch": 1, "code": "not_entitled"}
    answer = {"keys": [key], "media": [base], "refused": [refused]}

    def bad(kind: str, whole: dict[str, Any], changes: list[tuple[str, Any]]) -> list[dict[str, str]]:
        text = json.dumps(whole)
        found = [("json", "cut", text[:-1]), ("json", "more after it", text + "1"), ("json", "nothing", ""), ("json", "a byte order mark", "\ufeff" + text),
                 ("json", "single quotes", text.replace('"', "'")), ("json", "NaN", text.replace(" 1", " NaN", 1)), ("schema", "a list", json.dumps([whole])),
                 ("schema", "null", "null"), ("schema", "an unknown field", json.dumps(whole | {"name": "Anna"}))]  # fmt: skip
        found += [("schema", name, json.dumps(whole | change)) for name, change in changes]
        return [{"kind": kind, "class": group, "name": name, "text": text} for group, name, text in found]

    return {
        "made_by": "json, hashlib and cryptography's Ed25519",
        "commitments": [{"key": one.hex(), "kc": commitment(one)} for one in (*EPOCH_KEYS, bytes(32), b"\xff" * 32)],
        "request": {"body": body, "proof": compact(head("samrum-proof", DEV), proof, DEVICE), "kid": DEV, "jwk": jwk(DEVICE)},
        "good": [
            {"kind": "WantKeys", "name": "keys and media", "text": body, "value": json.loads(body)},
            {"kind": "WantKeys", "name": "nothing", "text": "{}", "value": {"want": [], "media": []}},
            {"kind": "Keys", "name": "one of each", "text": json.dumps(answer), "value": answer},
            {"kind": "Keys", "name": "nothing", "text": "{}", "value": {"keys": [], "media": [], "refused": []}},
        ],
        "bad": bad("WantKeys", json.loads(body), [
            ("want is an object", {"want": {ROOM: 1}}), ("a pair of three", {"want": [[ROOM, 1, 1]]}), ("a pair of one", {"want": [[ROOM]]}),
            ("pair turned round", {"want": [[1, ROOM]]}), ("epoch below 0", {"want": [[ROOM, -1]]}), ("epoch 2^32", {"want": [[ROOM, 2**32]]}),
            ("1,001 rooms", {"want": [[ROOM, 1]] * 1001}), ("a person", {"media": [PID]}), ("media null", {"media": None}),
        ]) + bad("Keys", answer, [
            ("a key of 31 bytes", {"keys": [key | {"key": b64(bytes(31))}]}), ("a key of 33 bytes", {"keys": [key | {"key": b64(bytes(33))}]}),
            ("a key with padding", {"keys": [key | {"key": b64(bytes(32)) + "="}]}), ("a second spelling of a key", {"keys": [key | {"key": FIRST[:-1] + "B"}]}),
            ("a key without its id", {"keys": [{name: key[name] for name in key if name != "key_id"}]}), ("a key by number", {"keys": [key | {"epoch": "1"}]}),
            ("an unknown field in a key", {"keys": [key | {"title": "Budget"}]}), ("a base without its day", {"media": [{name: base[name] for name in base if name != "day"}]}),
            ("a refusal without its code", {"refused": [{name: refused[name] for name in refused if name != "code"}]}),
            ("keys by room", {"keys": {ROOM: key}}),
        ]),
    }  # fmt: skip


def main() -> None:
    """Writes the four files."""
    for name, made in (("ids", ids()), ("media", media()), ("ledger", ledger()), ("keys", keys())):
        (HERE / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
