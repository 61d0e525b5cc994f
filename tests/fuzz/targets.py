"""Every parser of the wire as a target: good inputs, and a function that parses and checks what must hold of what was taken.

A target's `run` gives whether the input was taken; it lets every exception but the parser's one declared error out.
"""

import base64
import contextlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.plumbing.http import Refused, read_body
from samrum.wire import aead, content, envelope, home_api, ids, jws, ledger, relay_api, statements, stream
from samrum.wire.chain import BadRoster, RoomState
from tests.fuzz.mutate import Shape, bend_json, bend_msgpack, spoil
from tests.wire.vectors import load

KEY = Ed25519PrivateKey.from_private_bytes(b"a key that signs hostile content")
PUBLIC = KEY.public_key()
KID = "k_" + "a" * 26


@dataclass(frozen=True)
class Target:
    """One parser. `shapes` bend a good input by its structure."""

    name: str
    seeds: list[bytes]
    run: Callable[[bytes], bool]
    shapes: tuple[Shape, ...] = ()

    def hostile(self, random: Random) -> bytes:
        """A good input spoilt by bytes or by structure, or both."""
        data = random.choice(self.seeds)
        if self.shapes and random.random() < 0.7:
            data = random.choice(self.shapes)(data, random)
            if random.random() < 0.8:
                return data
        return spoil(data, self.seeds, random)


def text_of(data: bytes) -> str:
    """Any text, lone surrogates too."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


# Ids and text


def run_id(data: bytes) -> bool:
    """`ids.raw` for every kind."""
    text, taken = text_of(data), False
    for kind in "pdrtkmc":
        with contextlib.suppress(ids.BadId):
            assert ids.text(kind, ids.raw(text, kind)) == text
            taken = True
    return taken


def run_identity(data: bytes) -> bool:
    """`ids.split_identity`."""
    try:
        assert ids.identity(*ids.split_identity(text_of(data))) == text_of(data)
    except ids.BadId:
        return False
    return True


def run_base64(data: bytes) -> bool:
    """`jws.unb64`."""
    try:
        assert jws.b64(jws.unb64(text_of(data))) == text_of(data)
    except jws.BadStatement:
        return False
    return True


def run_jwk(data: bytes) -> bool:
    """`jws.key_of_jwk` over a JSON body."""
    try:
        jwk = read_body(msgspec.json.Decoder(jws.Jwk), data)
        assert jws.jwk_of(jws.key_of_jwk(jwk)) == jwk
    except (Refused, jws.BadStatement):
        return False
    return True


# Statements

KINDS = {
    kind.__name__: kind for kind in (
        statements.Call, statements.Cert, statements.Grant, statements.Head, statements.Hint, statements.Proof, statements.Revoke,
        statements.Roster, statements.Snapshot,
    )
}  # fmt: skip


def statement(header: bytes, payload: bytes) -> str:
    """A well-signed compact JWS over any bytes."""
    signed = f"{jws.b64(header)}.{jws.b64(payload)}"
    return f"{signed}.{jws.b64(KEY.sign(signed.encode()))}"


def header_of(kind: Any) -> bytes:
    """The right header."""
    return json.dumps({"alg": "Ed25519", "typ": kind.TYP, "kid": KID}).encode()


def verifies(text: str, kind: Any) -> bool:
    """Whether a statement is taken; peeking must say at least as much."""
    for peek in (jws.peek_kid, lambda one: jws.peek(one, kind)):
        with contextlib.suppress(jws.BadStatement):
            peek(text)
    try:
        found = jws.verify(text, kind, lambda kid: PUBLIC if kid == KID else None)
    except jws.BadStatement:
        return False
    assert jws.peek(text, kind) == found
    jws.digest(text)
    return True


def run_statement(data: bytes) -> bool:
    """A whole statement, whose signature almost never holds."""
    verdicts = [verifies(text_of(data), kind) for kind in KINDS.values()]
    return any(verdicts)


def run_header(data: bytes) -> bool:
    """A signed statement with this header."""
    payload = msgspec.json.encode(payloads("samrum-hint")[0])
    return verifies(statement(data, payload), statements.Hint)


def run_payload(kind: Any) -> Callable[[bytes], bool]:
    """A signed statement with this payload."""
    return lambda data: verifies(statement(header_of(kind), data), kind)


def payloads(typ: str) -> list[Any]:
    """Good payloads."""
    if typ == "samrum-roster":
        return [
            json.loads(base64.urlsafe_b64decode(one["jws"].split(".")[1] + "==")) for one in load("roster")["chain"]
        ]
    return [one["payload"] for one in load("statements")["kinds"][typ]["good"]]


def run_chain(data: bytes) -> bool:
    """A chain of rosters, one JSON line each; `prev` "@" is the right one."""
    file = load("roster")
    state = RoomState(file["tenant"], file["room"])
    try:
        for line in data.split(b"\n"):
            text = statement(header_of(statements.Roster), line.replace(b'"@"', f'"{state.head}"'.encode()))
            state = state.follow(jws.verify(text, statements.Roster, lambda _: PUBLIC), text)
            state.members_hash()
    except (jws.BadStatement, BadRoster):
        return False
    return True


def run_ledger(data: bytes) -> bool:
    """The answer of `GET /ledger` with a signed head over its last line."""
    try:
        whole = read_body(msgspec.json.Decoder(home_api.Ledger), data)
        head = statements.Head(tenant=ids.TenantId("t_" + "a" * 26), n=len(whole.entries), head=jws.FIRST, iat=0)
        ledger.verify(whole.entries, whole.head or jws.sign(head, KID, KEY), lambda kid: PUBLIC if kid == KID else None)
    except (Refused, ledger.BadLedger):
        return False
    return True


# Envelopes and what is in them


def run_envelope(data: bytes) -> bool:
    """`envelope.parse`, the signature, and opening."""
    try:
        found = envelope.parse(data)
    except envelope.BadEnvelope:
        return False
    assert found.aad() + found.header + struct.pack(">I", len(found.sealed)) + found.sealed + found.signature == data
    envelope.signature_holds(data, PUBLIC)
    with contextlib.suppress(aead.CannotOpen):
        envelope.open_content(found, bytes(32))
    return True


def run_aead(data: bytes) -> bool:
    """`aead.open_sealed` with small segments: header, then ciphertext."""
    case = load("aead")["vectors"][-1]
    try:
        aead.open_sealed(bytes.fromhex(case["key"]), bytes.fromhex(case["aad"]), data[:40], data[40:], case["segment"])
    except aead.CannotOpen:
        return False
    return True


def run_content(data: bytes) -> bool:
    """`content.unpad` of the map, padded."""
    size = next((one for one in content.SIZES if len(data) + 4 <= one), content.SIZES[0])
    try:
        found = content.unpad(struct.pack(">I", len(data)) + data.ljust(size - 4, b"\0"))
    except content.BadContent:
        return False
    assert content.unpad(content.pad(found)) == found
    return True


def run_padded(data: bytes) -> bool:
    """`content.unpad` of the padded bytes."""
    try:
        content.unpad(data)
    except content.BadContent:
        return False
    return True


# Frames and bodies


def run_frames(side: dict[int, Any]) -> Callable[[bytes], bool]:
    """`stream.decode` of one side."""

    def run(data: bytes) -> bool:
        try:
            found = stream.decode(data, side)
        except stream.BadFrame:
            return False
        assert stream.decode(stream.encode(found), side) == found
        return True

    return run


def bend_frame(data: bytes, random: Random) -> bytes:
    """A frame whose body was bent, now and then under another type."""
    kind = bytes([random.choice((*stream.CLIENT, *stream.RELAY))]) if random.random() < 0.1 else data[:1]
    return kind + bend_msgpack(data[1:], random)


def bend_lines(data: bytes, random: Random) -> bytes:
    """JSON lines of which one was bent, left out, doubled or moved."""
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            return b"\n".join(lines[:at] + lines[at + 1 :])
        case 1:
            return b"\n".join([*lines[:at], lines[at], *lines[at:]])
        case 2:
            return b"\n".join([*lines[:at], bend_json(lines[at], random), *lines[at + 1 :]])
        case _:
            random.shuffle(lines)
            return b"\n".join(lines)


BODIES = {
    kind.__name__: kind for module in (home_api, relay_api) for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
}  # fmt: skip
A_BODY = [
    b"{}", b'{"want":[["r_aaaaaaaaaaaaaaaaaaaaaaaaaa",1]],"media":[]}', b'{"jws":"a.b.c","entries":[]}', b'{"rooms":{"r_aaaaaaaaaaaaaaaaaaaaaaaaaa":1}}',
    b'{"user":"anna","password":"x"}', b'{"dev":"d_aaaaaaaaaaaaaaaaaaaaaaaaaa","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"label":"Edge","persistent":true}',
    b'{"room":"r_aaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"group","members":["p_aaaaaaaaaaaaaaaaaaaaaaaaaa"],"title":"A"}',
    b'{"add":[{"pid":"p_aaaaaaaaaaaaaaaaaaaaaaaaaa","role":"member"}],"remove":[]}', *[one["text"].encode() for one in load("keys")["good"]],
]  # fmt: skip


def run_bodies(data: bytes) -> bool:
    """Every HTTP body of home and relay."""
    taken = False
    for kind in BODIES.values():
        with contextlib.suppress(Refused):
            found = read_body(msgspec.json.Decoder(kind), data)
            assert msgspec.json.decode(msgspec.json.encode(found), type=kind) == found
            taken = True
    return taken


def targets() -> dict[str, Target]:
    """All targets by name."""
    everything = load("statements")["kinds"].values()
    headers = [header_of(kind) for kind in KINDS.values()]
    good_frames = load("frames")["good"]
    envelopes = [bytes.fromhex(one["env"]) for one in load("envelope")["good"]]
    maps = [bytes.fromhex(one["padded"]) for one in load("content")["good"] if len(one["padded"]) < 9000]
    last = load("aead")["vectors"][-1]
    file = load("ledger")
    found = [
        Target("id", [one["text"].encode() for one in load("ids")["good"]], run_id),
        Target("identity", [load("ids")["identity"]["good"][0]["text"].encode()], run_identity),
        Target("base64", [jws.FIRST.encode(), b"", b"AA", b"_-8"], run_base64),
        Target("jwk", [json.dumps({"kty": "OKP", "crv": "Ed25519", "x": one["x"]}).encode() for one in load("ed25519")["keys"]], run_jwk, (bend_json,)),
        Target("statement", [one["jws"].encode() for kind in everything for one in kind["good"]], run_statement),
        Target("header", headers, run_header, (bend_json,)),
        Target("chain", [b"\n".join(json.dumps(one | {"prev": "@"}).encode() for one in payloads("samrum-roster"))], run_chain, (bend_lines,)),
        Target("ledger", [json.dumps({"head": None, "entries": file["entries"]}).encode(), json.dumps({"head": file["good"][0]["head"], "entries": []}).encode()], run_ledger, (bend_json,)),
        Target("envelope", envelopes, run_envelope),
        Target("aead", [bytes.fromhex(last["header"] + last["sealed"])], run_aead),
        Target("content", [one[4 : 4 + int.from_bytes(one[:4], "big")] for one in maps], run_content, (bend_msgpack,)),
        Target("padded", maps, run_padded),
        Target("client-frame", [bytes.fromhex(one["frame"]) for one in good_frames if one["side"] == "client"], run_frames(stream.CLIENT), (bend_frame,)),
        Target("relay-frame", [bytes.fromhex(one["frame"]) for one in good_frames if one["side"] == "relay"], run_frames(stream.RELAY), (bend_frame,)),
        Target("body", A_BODY, run_bodies, (bend_json,)),
    ]  # fmt: skip
    for name, kind in KINDS.items():
        seeds = [json.dumps(one, separators=(",", ":")).encode() for one in payloads(kind.TYP)]
        found.append(Target(f"payload-{name.lower()}", seeds, run_payload(kind), (bend_json,)))
    return {one.name: one for one in found}


TARGETS = targets()
