# ruff: noqa: INP001 - a script, not a package
"""Makes vectors/jws.json, vectors/envelope.json, vectors/roster.json and vectors/snapshot.json without any code of Samrum's.

Written from docs/protocol.md with hashlib, hmac, struct, json and `cryptography`'s Ed25519 and AES-GCM alone, so that a mistake in
our Python or TypeScript shows. Run: python vectors/make/statements.py (writes beside itself). Keys are fixed seeds: the files
come out the same on every run but for nothing.
"""

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).parent.parent


def raw16(name: str) -> bytes:
    """Sixteen bytes that stand for an id in these vectors."""
    return hashlib.sha256(name.encode()).digest()[:16]


def ident(prefix: str, name: str) -> str:
    """The id in text form (RFC 4648 base32, lower case, no padding)."""
    return prefix + "_" + base64.b32encode(raw16(name)).decode().rstrip("=").lower()


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signer(name: str) -> Ed25519PrivateKey:
    """A key from a fixed seed."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"seed " + name.encode()).digest())


def public(key: Ed25519PrivateKey) -> bytes:
    """The 32 public bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """RFC 8037."""
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(public(key))}


def compact(header: object, payload: object, key: Ed25519PrivateKey) -> str:
    """RFC 7515 compact serialisation."""
    signed = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload))
    return f"{signed}.{b64(key.sign(signed.encode()))}"


HOME = signer("home")
DEVICE = signer("device")
KID = ident("k", "home key")
TENANT, ROOM, PID, DEV = ident("t", "tenant"), ident("r", "room"), ident("p", "anna"), ident("d", "device")
FIRST = b64(bytes(32))
EPOCH_KEYS = [hashlib.sha256(f"epoch {n}".encode()).digest() for n in range(4)]


def commitment(key: bytes) -> str:
    """SHA-256("samrum/kc/1" || K)."""
    return b64(hashlib.sha256(b"samrum/kc/1" + key).digest())


def epoch(n: int) -> dict[str, object]:
    """What a roster says of epoch n."""
    return {"n": n, "key_id": ident("k", f"epoch {n}"), "kc": commitment(EPOCH_KEYS[n])}


def head(typ: str, kid: str = KID) -> dict[str, str]:
    """The protected header."""
    return {"alg": "Ed25519", "typ": typ, "kid": kid}


CERT = {
    "iss": TENANT, "sub": PID, "dev": DEV, "cnf": {"jwk": jwk(DEVICE)},
    "iat": 1_790_000_000, "exp": 1_792_592_000, "persistent": True,
}  # fmt: skip


def jws_file() -> dict[str, object]:
    """Certificates that hold, and some that must not."""
    good = compact(head("samrum-cert"), CERT, HOME)
    first, payload, signature = good.split(".")
    forged = dict(CERT, sub=ident("p", "mallory"))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last letter of 64 bytes carries four unused bits: another letter there would be the same bytes.
    twin = signature[:-1] + letters[letters.index(signature[-1]) ^ 1]
    bad = {
        "another typ": compact(head("samrum-grant"), CERT, HOME),
        "old algorithm name": compact({"alg": "EdDSA", "typ": "samrum-cert", "kid": KID}, CERT, HOME),
        "no algorithm": compact({"alg": "none", "typ": "samrum-cert", "kid": KID}, CERT, HOME),
        "another signer": compact(head("samrum-cert"), CERT, DEVICE),
        "unknown kid": compact(head("samrum-cert", ident("k", "other")), CERT, HOME),
        "changed payload": f"{first}.{b64(json.dumps(forged, separators=(',', ':')).encode())}.{signature}",
        "changed signature": f"{first}.{payload}.{b64(bytes([HOME.sign(b'')[0]]) + bytes(63))}",
        "padded": f"{first}.{payload}.{signature}==",
        "second spelling of the signature": f"{first}.{payload}.{twin}",
        "unknown field": compact(head("samrum-cert"), dict(CERT, name="Anna"), HOME),
        "missing field": compact(head("samrum-cert"), {key: CERT[key] for key in CERT if key != "exp"}, HOME),
        "more in the header": compact(dict(head("samrum-cert"), crit=["exp"]), CERT, HOME),
        "another spelling of an id": compact(head("samrum-cert"), dict(CERT, sub=PID.upper()), HOME),
        "two parts": f"{first}.{payload}",
        "four parts": good + ".",
        "empty": "",
    }
    return {"home": {"kid": KID, "jwk": jwk(HOME)}, "good": good, "payload": CERT, "bad": bad}


def roster(version: int, prev: str, **change: object) -> dict[str, object]:
    """A roster with defaults."""
    base = {
        "tenant": TENANT, "room": ROOM, "version": version, "prev": prev, "epoch": epoch(1),
        "policy": {"kind": "group", "history": "open", "post": "member"}, "at": 1_790_000_000 + version,
    }  # fmt: skip
    return base | change


def members_hash(members: dict[str, tuple[str, int | None]]) -> str:
    """SHA-256 over a JSON line [pid, role, until] a member, sorted by pid."""
    lines = [json.dumps([pid, *members[pid]], separators=(",", ":")) + "\n" for pid in sorted(members)]
    return b64(hashlib.sha256("".join(lines).encode()).digest())


def roster_file() -> dict[str, object]:
    """A chain of four with the member hash after each, and statements that do not follow it."""
    anna, bo, cia = PID, ident("p", "bo"), ident("p", "cia")
    steps = [
        ({"add": [{"pid": anna, "role": "owner"}, {"pid": bo, "role": "member"}]}, {anna: ("owner", None), bo: ("member", None)}),
        ({"add": [{"pid": cia, "role": "guest", "until": 1_790_040_000}]},
         {anna: ("owner", None), bo: ("member", None), cia: ("guest", 1_790_040_000)}),
        ({"role": [{"pid": bo, "role": "moderator"}]},
         {anna: ("owner", None), bo: ("moderator", None), cia: ("guest", 1_790_040_000)}),
        ({"remove": [cia], "epoch": epoch(2)}, {anna: ("owner", None), bo: ("moderator", None)}),
    ]  # fmt: skip
    chain, prev = [], FIRST
    for version, (change, members) in enumerate(steps, 1):
        jws = compact(head("samrum-roster"), roster(version, prev, **change), HOME)
        prev = b64(hashlib.sha256(jws.encode()).digest())
        chain.append(
            {"jws": jws, "head": prev, "members": members_hash(members), "epoch": change.get("epoch", epoch(1))["n"]}
        )

    def after(**change: object) -> str:
        return compact(head("samrum-roster"), roster(5, prev, **({"epoch": epoch(2)} | change)), HOME)

    bad = {
        "version left out": compact(head("samrum-roster"), roster(6, prev, epoch=epoch(2)), HOME),
        "another prev": compact(head("samrum-roster"), roster(5, FIRST, epoch=epoch(2)), HOME),
        "another room": after(room=ident("r", "other")),
        "another tenant": after(tenant=ident("t", "other")),
        "epoch goes back": after(epoch=epoch(1)),
        "epoch jumps": after(epoch={"n": 4, "key_id": ident("k", "epoch 4"), "kc": FIRST}),
        "epoch with another commitment": after(epoch=dict(epoch(2), kc=FIRST)),
        "new epoch with the old key": after(epoch=dict(epoch(2), n=3)),
        "adds a member": after(add=[{"pid": bo, "role": "owner"}]),
        "removes a stranger": after(remove=[cia]),
        "raises a stranger": after(role=[{"pid": cia, "role": "owner"}]),
        "signed by a device": compact(head("samrum-roster"), roster(5, prev, epoch=epoch(2)), DEVICE),
    }  # fmt: skip
    return {
        "tenant": TENANT, "room": ROOM, "home": {"kid": KID, "jwk": jwk(HOME)}, "chain": chain, "bad": bad,
        "quiet": after(), "was_member": {"pid": cia, "epochs": {"1": True, "2": False}},
    }  # fmt: skip


def snapshot_file() -> dict[str, object]:
    """A room that is begun from a snapshot: the list, the chain after it, what lies before, and what must be refused."""
    anna, bo, cia, dag = PID, ident("p", "bo"), ident("p", "cia"), ident("p", "dag")
    # Before: dag was there in epoch 1 alone; bo in 1 and, after a pause, since 2; anna from the beginning.
    listed = {anna: ("owner", None), bo: ("member", None)}
    before = b64(hashlib.sha256(b"roster 500").digest())
    base = {
        "tenant": TENANT, "room": ROOM, "version": 500, "prev": before, "epoch": epoch(2),
        "policy": {"kind": "group", "history": "open", "post": "member"}, "count": 2, "members_hash": members_hash(listed),
        "at": 1_790_000_500,
    }  # fmt: skip
    steps = [
        ({"add": [{"pid": cia, "role": "member"}]}, listed | {cia: ("member", None)}),
        ({"remove": [bo], "epoch": epoch(3)}, {anna: ("owner", None), cia: ("member", None)}),
        ({"role": [{"pid": cia, "role": "moderator"}], "epoch": epoch(3)}, {anna: ("owner", None), cia: ("moderator", None)}),
    ]  # fmt: skip
    chain, prev = [], before
    for version, (change, members) in enumerate(steps, 501):
        said = {"epoch": epoch(2), "members": members_hash(members)} | change
        jws = compact(head("samrum-roster"), roster(version, prev, **said), HOME)
        prev = b64(hashlib.sha256(jws.encode()).digest())
        chain.append(
            {
                "jws": jws,
                "head": prev,
                "members": members_hash(members),
                "epoch": said["epoch"]["n"],
                "count": len(members),
            }
        )

    def after(**change: object) -> str:
        said = {"epoch": epoch(3), "members": members_hash(steps[-1][1])} | change
        return compact(head("samrum-roster"), roster(504, prev, **said), HOME)

    def snapshot(key: Ed25519PrivateKey = HOME, **change: object) -> str:
        return compact(head("samrum-snapshot"), base | change, key)

    def past(**change: object) -> str:
        said = {
            "tenant": TENANT, "room": ROOM, "version": 500, "epochs": [epoch(1), epoch(2)],
            "members": [{"pid": anna, "spans": [[1, None]]}, {"pid": bo, "spans": [[1, 1], [2, None]]},
                        {"pid": dag, "spans": [[1, 1]]}, {"pid": cia}],
        }  # fmt: skip
        return compact(head("samrum-past"), said | change, HOME)

    def lines(members: dict[str, tuple[str, int | None]]) -> list[list[object]]:
        return [[pid, *members[pid]] for pid in sorted(members)]

    return {
        "tenant": TENANT, "room": ROOM, "home": {"kid": KID, "jwk": jwk(HOME)}, "snapshot": snapshot(),
        "list": lines(listed), "chain": chain, "list_after": lines(steps[-1][1]), "past": past(),
        "was_member": [
            {"pid": pid, "epochs": {str(n): n in known for n in (1, 2, 3)}}
            for pid, known in ((anna, (1, 2, 3)), (bo, (1, 2)), (cia, (2, 3)), (dag, (1,)))
        ],
        "bad": {
            "snapshot": {
                "another room": snapshot(room=ident("r", "other")), "another tenant": snapshot(tenant=ident("t", "other")),
                "signed by a device": snapshot(DEVICE), "a roster": chain[0]["jws"],
            },
            "list": {
                "one more": lines(listed | {cia: ("member", None)}), "one less": lines({anna: ("owner", None)}),
                "another role": lines(listed | {bo: ("owner", None)}), "an end": lines(listed | {bo: ("member", 1_790_040_000)}),
                "one instead": lines({anna: ("owner", None), cia: ("member", None)}),
            },
            "roster": {
                "names no member hash": compact(head("samrum-roster"), roster(504, prev, epoch=epoch(3)), HOME),
                "adds who was added": after(add=[{"pid": cia, "role": "member"}]), "removes who was removed": after(remove=[bo]),
                "version left out": compact(head("samrum-roster"), roster(505, prev, epoch=epoch(3), members=FIRST), HOME),
                "another prev": compact(head("samrum-roster"), roster(504, FIRST, epoch=epoch(3), members=FIRST), HOME),
                "epoch goes back": after(epoch=epoch(2)),
            },
            "past": {
                "another room": past(room=ident("r", "other")), "another tenant": past(tenant=ident("t", "other")),
                "another version": past(version=499),
                "another key under the snapshot's epoch": past(epochs=[dict(epoch(2), kc=FIRST)]),
                "an epoch that begins later": past(epochs=[epoch(3)]),
                "a member again before it left": past(members=[{"pid": anna, "spans": [[1, None], [2, None]]}]),
                "a membership that ends before it begins": past(members=[{"pid": anna, "spans": [[2, 1]]}]),
                "a membership in a later epoch": past(members=[{"pid": anna, "spans": [[3, None]]}]),
                "no member at the snapshot, but removed after it": past(members=[{"pid": bo, "spans": [[1, 1]]}]),
            },
        },
    }  # fmt: skip


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, 32 bytes."""
    return hmac.digest(hmac.digest(salt, key, "sha256"), info + b"\x01", "sha256")


def msgpack_map(text: str) -> bytes:
    """{"v": 1, "t": text, "m": []} by MessagePack's specification, in the shortest forms; text up to 65,535 bytes."""
    data = text.encode()
    if len(data) < 32:
        size = bytes([0xA0 | len(data)])
    else:
        size = bytes([0xD9, len(data)]) if len(data) < 256 else b"\xda" + struct.pack(">H", len(data))
    return b"\x83\xa1v\x01\xa1t" + size + data + b"\xa1m\x90"


def envelope(text: str, seq: int, size: int) -> tuple[bytes, bytes]:
    """The envelope's bytes and its padded content."""
    body = msgpack_map(text)
    plain = struct.pack(">I", len(body)) + body + bytes(size - 4 - len(body))
    aad = b"SM1\x01" + raw16("tenant") + raw16("room") + raw16("epoch 1") + struct.pack(">I", 1) + raw16("anna")
    aad += raw16("device") + struct.pack(">Q", seq) + raw16(f"message {seq}") + b"\x01\x00" + bytes(32)
    aad += struct.pack(">Q", 1_790_000_100)
    salt, prefix = (
        hashlib.sha256(f"salt {seq}".encode()).digest(),
        hashlib.sha256(f"prefix {seq}".encode()).digest()[:7],
    )
    sealed = AESGCM(hkdf(EPOCH_KEYS[1], salt, aad)).encrypt(prefix + bytes(4) + b"\x01", plain, None)
    signed = aad + b"\x28" + salt + prefix + struct.pack(">I", len(sealed)) + sealed
    return signed + DEVICE.sign(b"samrum/msg/1\0" + hashlib.sha256(signed).digest()), plain


def envelope_file() -> dict[str, object]:
    """Envelopes that open, and changed ones that must not."""
    texts = [("hej", 256), ("Åsa Öberg säger: smörgåsbord ß 🙂", 256), ("x" * 5000, 16 * 1024), ("", 256)]
    good = []
    for seq, (text, size) in enumerate(texts, 1):
        data, plain = envelope(text, seq, size)
        good.append(
            {"env": data.hex(), "plain": plain.hex(), "text": text, "seq": seq, "msg_id": ident("m", f"message {seq}")}
        )
    whole = bytes.fromhex(str(good[0]["env"]))

    def flipped(at: int) -> str:
        return (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]).hex()

    unparsable = {
        "cut": whole[:-1].hex(), "longer": (whole + b"\0").hex(), "another magic": flipped(0), "another suite": flipped(3),
        "an unknown flag": (whole[:113] + b"\x02" + whole[114:]).hex(), "sequence 0": (whole[:88] + bytes(8) + whole[96:]).hex(),
        "sequence 2^53": (whole[:88] + struct.pack(">Q", 2**53) + whole[96:]).hex(),
        "time 2^53": (whole[:146] + struct.pack(">Q", 2**53) + whole[154:]).hex(),
        "another header length": flipped(154), "another ciphertext length": flipped(197), "empty": "",
    }  # fmt: skip
    unsigned = {name: flipped(at) for name, at in
        {"tenant": 4, "epoch": 55, "author": 56, "sequence": 94, "time": 153, "salt": 155, "ciphertext": 198}.items()}  # fmt: skip
    unsigned["signature"] = (whole[:-1] + bytes([whole[-1] ^ 1])).hex()
    return {
        "device": jwk(DEVICE), "key": EPOCH_KEYS[1].hex(), "commitment": commitment(EPOCH_KEYS[1]),
        "tenant": TENANT, "room": ROOM, "pid": PID, "dev": DEV, "key_id": ident("k", "epoch 1"), "epoch": 1,
        "sent_at": 1_790_000_100, "good": good, "unparsable": unparsable, "signature_fails": unsigned,
    }  # fmt: skip


def main() -> None:
    """Writes the four files."""
    made = {"jws": jws_file, "roster": roster_file, "snapshot": snapshot_file, "envelope": envelope_file}
    for name, make in made.items():
        (HERE / f"{name}.json").write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
