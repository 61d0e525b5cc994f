"""Makes vectors/frames.json and vectors/content.json: the stream's frames of both sides, and what envelopes hold.

MessagePack is written by hand from its specification (github.com/msgpack/msgpack, spec.md), so that neither msgspec nor
@msgpack/msgpack, which the two stacks use, has made what they read. Run: python vectors/make/frames.py.

In the JSON a MessagePack `bin` stands as {"hex": …}. Classes of the bad ones: `type` (no such frame on that side), `msgpack`
(not one whole MessagePack value), `schema`; of content also `size`, `length`, `padding` and `spelling` (not the shortest form).
"""

import hashlib
import json
import struct
from typing import Any

from statements import DEV, HERE, PID, ROOM, b64, ident


def text(value: str | bytes) -> bytes:
    """A `str` in its shortest form."""
    data = value.encode() if isinstance(value, str) else value
    for limit, first in ((32, bytes([0xA0 | len(data) & 31])), (1 << 8, b"\xd9" + struct.pack(">B", len(data) & 255))):
        if len(data) < limit:
            return first + data
    return b"\xda" + struct.pack(">H", len(data)) + data


def number(value: int) -> bytes:
    """An integer in its shortest form."""
    if value < 0:
        return struct.pack(">b", value) if value >= -32 else b"\xd0" + struct.pack(">b", value)
    if value < 128:
        return bytes([value])
    for first, kind, bits in ((0xCC, "B", 8), (0xCD, "H", 16), (0xCE, "I", 32), (0xCF, "Q", 64)):
        if value < 1 << bits:
            return bytes([first]) + struct.pack(">" + kind, value)
    raise ValueError


def pack(value: Any) -> bytes:
    """One value in its shortest form."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return number(value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            return text(value)
        case bytes():
            if len(value) < 1 << 8:
                return b"\xc4" + struct.pack(">B", len(value)) + value
            return b"\xc5" + struct.pack(">H", len(value)) + value
        case list():
            head = bytes([0x90 | len(value)]) if len(value) < 16 else b"\xdc" + struct.pack(">H", len(value))
            return head + b"".join(map(pack, value))
        case dict():
            head = bytes([0x80 | len(value)]) if len(value) < 16 else b"\xde" + struct.pack(">H", len(value))
            return head + b"".join(pack(key) + pack(one) for key, one in value.items())
        case _:
            raise TypeError


def shown(value: Any) -> Any:
    """The value as JSON, with `bin` as {"hex": …}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [shown(one) for one in value]
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    return value


ENV = bytes.fromhex(json.loads((HERE / "envelope.json").read_text("utf-8"))["good"][0]["env"])
MSG, MEETING = ident("m", "message 1"), ident("c", "meeting")
GRANT = json.loads((HERE / "statements.json").read_text("utf-8"))["kinds"]["samrum-grant"]["good"][0]["jws"]
HINT = json.loads((HERE / "statements.json").read_text("utf-8"))["kinds"]["samrum-hint"]["good"][0]["jws"]
ROSTER = json.loads((HERE / "roster.json").read_text("utf-8"))["chain"][0]["jws"]
MEMBERS = json.loads((HERE / "roster.json").read_text("utf-8"))["chain"][0]["members"]
HASH = hashlib.sha256(ENV).digest()
SIG = hashlib.sha512(b"signature").digest()
TOP = 2**53 - 1

# By side: type, name, bodies that hold (fields that have their default are left out), and fields with a value that must not.
FRAMES: dict[str, list[tuple[int, str, list[Any], dict[str, Any]]]] = {
    "client": [
        (1, "Hello", [{"v": 1, "grant": GRANT}], {"v": "1", "grant": b"grant"}),
        (2, "Proof", [{"sig": SIG}], {"sig": b64(SIG)}),
        (3, "Send", [{"env": ENV}, {"env": ENV, "objects": ["00" * 32, "5f" * 32]}], {"env": ENV.hex(), "objects": [1]}),
        (4, "History", [{"re": 7, "room": ROOM}, {"re": 2**32 - 1, "room": ROOM, "before": TOP, "limit": 200},
                        {"re": 0, "room": ROOM, "after": 0, "limit": 1}],
         {"re": 2**32, "room": ROOM.upper(), "before": -1, "after": TOP + 1, "limit": 201}),
        (5, "Read", [{"room": ROOM, "pos": 12}], {"room": PID, "pos": -1}),
        (6, "Renew", [{"grant": GRANT}], {"grant": None}),
        (7, "Typing", [{"room": ROOM}], {"room": ROOM + "\n"}),
        (8, "MediaAck", [{"meeting": MEETING, "epoch": 2}], {"meeting": ROOM, "epoch": 2**32}),
        (9, "Ping", [{}], {}),
        (10, "Last", [{"re": 9, "room": ROOM}], {"re": -1, "room": ""}),
        (12, "Refs", [{"re": 1, "room": ROOM, "of": [MSG]}, {"re": 1, "room": ROOM, "of": [MSG] * 200, "after": TOP, "limit": 200}],
         {"re": -1, "room": MSG, "of": [], "after": -1, "limit": 0}),
        (13, "Thread", [{"re": 2, "room": ROOM, "thread": MSG}, {"re": 2, "room": ROOM, "thread": MSG, "before": 9, "limit": 1}],
         {"re": "2", "room": None, "thread": ROOM, "before": TOP + 1, "limit": 201}),
        (14, "Reads", [{"re": 3, "room": ROOM}], {"re": None, "room": [ROOM]}),
        (15, "Find", [{"re": 4, "room": ROOM, "msg": MSG}, {"re": 4, "room": ROOM, "msg": MSG, "limit": 200}],
         {"re": 2**32, "room": "", "msg": MSG.upper(), "limit": "50"}),
        (11, "Presence", [{"pids": [PID]}, {"pids": [], "away": True}, {"pids": [PID] * 200}], {"pids": [PID] * 201, "away": 1}),
    ],
    "relay": [
        (64, "Nonce", [{"nonce": HASH}], {"nonce": "nonce"}),
        (65, "Welcome", [
            {"v": 1, "now": 1_790_000_000_123, "rooms": {}},
            {"v": 1, "now": 1_790_000_000_123, "rooms": {ROOM: {"pos": 300, "version": 4, "members": MEMBERS, "read": 299, "unread": 1}},
             "meetings": {ROOM: {"room": ROOM, "meeting": MEETING, "present": [{"pid": PID, "dev": DEV}]}}}],
         {"v": None, "now": "now", "rooms": {PID: {"pos": 1, "version": 1, "members": MEMBERS}}, "meetings": []}),
        (66, "Sent", [{"msg_id": MSG, "room": ROOM, "pos": 1, "hash": HASH}], {"msg_id": ROOM, "room": MSG, "pos": TOP + 1, "hash": b64(HASH)}),
        (67, "Batch", [{"room": ROOM, "pos": 1, "env": [ENV]}, {"room": ROOM, "pos": TOP, "env": []}], {"room": 1, "pos": None, "env": ENV}),
        (68, "RosterIs", [{"jws": ROSTER, "members": MEMBERS}], {"jws": 1, "members": MEMBERS[:-1]}),
        (69, "HintIs", [{"jws": HINT}], {"jws": HINT.encode()}),
        (70, "ReadIs", [{"room": ROOM, "pid": PID, "pos": 12}], {"room": PID, "pid": ROOM, "pos": -12}),
        (71, "Page", [{"re": 7, "room": ROOM, "pos": [1, 2], "env": [ENV, ENV], "more": True}, {"re": 7, "room": ROOM, "pos": [], "env": []}],
         {"re": "7", "room": None, "pos": [-1], "env": ["env"], "more": 1}),
        (72, "TypingIs", [{"room": ROOM, "pid": PID}], {"room": {}, "pid": DEV}),
        (73, "Error", [{"code": "internal"}, {"code": "epoch_stale", "msg": MSG}, {"code": "rate_limited", "re": 3, "retry_after": 2.5},
                       {"code": "seq_refused", "msg": MSG, "have": 41}],
         {"code": 73, "re": -1, "msg": ENV, "have": "41", "retry_after": "soon"}),
        (74, "Bye", [{"code": "restart"}], {"code": None}),
        (75, "Pong", [{"now": 1_790_000_000_123}], {"now": b"now"}),
        (76, "LastIs", [{"re": 9, "room": ROOM, "env": ENV}, {"re": 9, "room": ROOM}], {"re": 2**32, "room": [], "env": "env"}),
        (77, "Meeting", [{"room": ROOM}, {"room": ROOM, "meeting": MEETING, "present": [{"pid": PID, "dev": DEV}]}],
         {"room": "", "meeting": ROOM, "present": [{"pid": PID}]}),
        (78, "MediaAckIs", [{"meeting": MEETING, "pid": PID, "dev": DEV, "epoch": 2}], {"meeting": None, "pid": DEV, "dev": PID, "epoch": -1}),
        (79, "RosterAt", [{"room": ROOM, "version": 3, "members": MEMBERS}], {"room": PID, "version": 2**32, "members": MEMBERS[:-1]}),
        (81, "ReadsAre", [{"re": 3, "room": ROOM, "of": {}}, {"re": 3, "room": ROOM, "of": {PID: TOP}}],
         {"re": -3, "room": PID, "of": {PID: -1}}),
        (80, "PresenceIs", [{"of": {}}, {"of": {PID: "online"}}, {"of": {PID: "meeting"}}], {"of": {PID: "asleep"}}),
    ],
}  # fmt: skip


def bad_frames(
    side: str, kind: int, name: str, good: dict[str, Any], fields: dict[str, Any]
) -> list[tuple[str, str, bytes]]:
    """Frames of one kind that no reader takes."""
    whole, first = pack(good), bytes([kind])
    found = [
        ("msgpack", "no body", first),
        ("msgpack", "cut by a byte", first + (whole[:-1] if len(whole) > 1 else b"\x81")),
        ("msgpack", "a byte more", first + whole + b"\xc0"),
        ("msgpack", "the byte that means nothing", first + b"\xc1"),
        ("msgpack", "a map that says more than it holds", first + bytes([whole[0] + 1]) + whole[1:]),
        ("schema", "an unknown field", first + pack(good | {"display_name": "Anna"})),
        ("schema", "a list of its values", first + pack(list(good.values()))),
        ("schema", "nil", first + b"\xc0"),
        ("schema", "an empty bin", first + b"\xc4\0"),
        ("schema", "a time stamp", first + b"\xd6\xff\0\0\0\1"),
    ]
    found += [("schema", f"bad {key}", first + pack(good | {key: value})) for key, value in fields.items()]
    found += [
        ("schema", f"without {key}", first + pack({one: good[one] for one in good if one != key})) for key in good
    ]
    return [(group, f"{side} {name}: {what}", data) for group, what, data in found]


def frames() -> dict[str, Any]:
    """The file."""
    good, bad = [], []
    for side, kinds in FRAMES.items():
        for kind, name, bodies, fields in kinds:
            for body in bodies:
                frame = bytes([kind]) + pack(body)
                good.append({"side": side, "type": kind, "name": name, "body": shown(body), "frame": frame.hex()})
            # Only what a frame must hold is left out, never what has a default: the shortest body has just that.
            bad += [(side, *one) for one in bad_frames(side, kind, name, min(bodies, key=len), fields)]
        known = {kind for kind, *_ in kinds}
        bad += [
            (side, "type", f"{side}: type {kind}", bytes([kind, 0x80]))
            for kind in (0, 12, 63, 81, 128, 255)
            if kind not in known
        ]
        other = FRAMES["relay" if side == "client" else "client"]
        bad += [
            (side, "type", f"{side}: the other side's {name}", bytes([kind]) + pack(bodies[0]))
            for kind, name, bodies, _ in other
        ]
        deep = bytes([next(iter(known))]) + b"\x91" * 60_000
        bad += [(side, "type", f"{side}: nothing", b""), (side, "msgpack", f"{side}: 60,000 lists in lists", deep)]
    return {
        "made_by": "MessagePack written by hand from its specification",
        "good": good,
        "bad": [{"side": side, "class": group, "name": name, "frame": data.hex()} for side, group, name, data in bad],
    }


def padded(body: bytes, size: int = 256, length: int | None = None) -> bytes:
    """Content as it is sealed."""
    return struct.pack(">I", len(body) if length is None else length) + body.ljust(size - 4, b"\0")


def content() -> dict[str, Any]:
    """The file."""
    bo = ident("p", "bo")
    texts = [
        ("a word", {"v": 1, "t": "hej", "m": []}, 256),
        ("version left out", {"t": "hej"}, 256),
        ("nothing said", {"v": 1}, 256),
        ("an empty map", {}, 256),
        ("åäö, ß and a picture", {"v": 1, "t": "Åsa Öberg: smörgåsbord ß 🙂", "m": []}, 256),
        ("a decomposed å", {"v": 1, "t": "A\u030asa", "m": []}, 256),
        ("a NUL and a byte order mark", {"v": 1, "t": "\ufeffa\0b", "m": []}, 256),
        ("31 bytes", {"v": 1, "t": "x" * 31, "m": []}, 256), ("32 bytes", {"v": 1, "t": "x" * 32, "m": []}, 256),
        ("255 bytes", {"v": 1, "t": "x" * 255, "m": []}, 1024), ("256 bytes", {"v": 1, "t": "x" * 256, "m": []}, 1024),
        ("mentions", {"v": 1, "t": "@Bo", "m": [bo, PID]}, 256),
        ("sixteen mentions", {"v": 1, "t": "", "m": [ident("p", str(n)) for n in range(16)]}, 1024),
        ("padded more than needed", {"v": 1, "t": "hej", "m": []}, 4096),
        ("as long as it gets", {"v": 1, "t": "x" * (60 * 1024 - 4 - 3 - 2 - 2 - 1 - 3 - 1), "m": []}, 60 * 1024),
    ]  # fmt: skip
    file = {"n": "Möte.pdf", "t": "application/pdf", "s": 2 * 1024**3, "k": bytes(range(32)), "b": "0f" * 32}
    quote = {"id": ident("m", "first"), "pid": bo, "t": "Hej!"}
    texts += [
        ("everybody is mentioned", {"v": 1, "t": "@room", "a": True}, 256),
        ("a quote", {"v": 1, "t": "Ja", "q": quote}, 256),
        ("a quote of 500 pictures", {"v": 1, "t": "Ja", "q": {**quote, "t": "🙂" * 500}}, 4096),
        ("a quote without words, and no quote", {"v": 1, "q": {"id": quote["id"], "pid": bo}, "c": None}, 256),
        ("a file", {"v": 1, "o": [file]}, 256),
        ("a picture and a film", {"v": 1, "o": [{**file, "w": 4000, "h": 1}, {**file, "s": 0, "d": 0, "n": "", "t": ""}]}, 1024),
        ("twenty files", {"v": 1, "t": "", "o": [file] * 20}, 4096),
        ("a reaction", {"v": 1, "e": "👩🏽‍🚒"}, 256), ("a reaction of 64 bytes", {"v": 1, "e": "👍" * 16}, 256),
        ("a reaction taken back", {"v": 1, "e": "👍", "x": True}, 256),
        *((f"a call {word}", {"v": 1, "c": word}, 256) for word in ("ring", "answered", "declined", "cancelled", "missed")),
    ]  # fmt: skip
    hej = pack({"v": 1, "t": "hej", "m": []})
    whole = padded(hej)
    bad = [
        ("size", "nothing", b""), ("size", "255 bytes", whole[:-1]), ("size", "257 bytes", whole + b"\0"),
        ("size", "not padded", struct.pack(">I", len(hej)) + hej), ("size", "64 KiB", padded(hej, 64 * 1024)),
        ("length", "longer than what is there", padded(hej, length=253)), ("length", "2^32 - 1", padded(hej, length=2**32 - 1)),
        ("padding", "a byte in it", whole[:-1] + b"\1"), ("padding", "a length one too small", padded(hej, length=len(hej) - 1)),
        ("msgpack", "length 0", padded(hej, length=0)), ("msgpack", "length one too large", padded(hej, length=len(hej) + 1)),
        ("msgpack", "cut", padded(hej[:-1])), ("msgpack", "two values", padded(hej + hej)), ("msgpack", "0xc1", padded(b"\xc1")),
        ("msgpack", "240 lists in lists", padded(b"\x91" * 240)), ("msgpack", "a key that is a list", padded(b"\x81\x91\x01\x01")),
        ("schema", "a list", padded(pack([1, "hej"]))), ("schema", "an empty bin", padded(b"\xc4\0")), ("schema", "a time stamp alone", padded(b"\xd6\xff\0\0\0\1")), ("schema", "nil", padded(b"\xc0")),
        ("schema", "an unknown field", padded(pack({"v": 1, "t": "hej", "n": "Anna"}))),
        ("schema", "an unknown field named __proto__", padded(pack({"v": 1, "t": "hej", "__proto__": {}}))),
        ("schema", "text that is bin", padded(pack({"v": 1, "t": b"hej"}))), ("schema", "text that is a number", padded(pack({"v": 1, "t": 1}))),
        ("schema", "version as text", padded(pack({"v": "1", "t": "hej"}))), ("schema", "version 0", padded(pack({"v": 0, "t": "hej"}))),
        ("schema", "version below 0", padded(pack({"v": -1, "t": "hej"}))),
        ("schema", "a mention that is no id", padded(pack({"v": 1, "m": ["Bo"]}))), ("schema", "a mention of a room", padded(pack({"v": 1, "m": [ROOM]}))),
        ("schema", "a mention with a newline", padded(pack({"v": 1, "m": [bo + "\n"]}))),
        ("schema", "a time stamp", padded(b"\x81\xa1v\xd6\xff\0\0\0\1")), ("schema", "a key that is bin", padded(b"\x81\xc4\x01t\xa3hej")),
        ("spelling", "version 1.0", padded(pack({"v": 1.0, "t": "hej"}))), ("spelling", "version in two bytes", padded(b"\x81\xa1v\xcc\x01")),
        ("spelling", "version in nine bytes", padded(b"\x81\xa1v\xd3" + struct.pack(">q", 1))),
        ("spelling", "text with a length of one byte", padded(b"\x81\xa1t\xd9\x03hej")), ("spelling", "text with a length of four bytes", padded(b"\x81\xa1t\xdb\0\0\0\3hej")),
        ("spelling", "a map with a length of two bytes", padded(b"\xde\0\1\xa1t\xa3hej")), ("spelling", "a key twice", padded(b"\x82\xa1t\xa3hej\xa1t\xa3nej")),
        ("spelling", "not UTF-8", padded(b"\x81\xa1t" + text(b"h\xffj"))), ("spelling", "not UTF-8, long", padded(b"\x81\xa1t" + text(b"h\xffj" * 100), 1024)),
        ("spelling", "half a surrogate pair", padded(b"\x81\xa1t" + text(b"\xed\xa0\x80"))), ("spelling", "a NUL in two bytes", padded(b"\x81\xa1t" + text(b"\xc0\x80"))),
    ]  # fmt: skip
    less = {key: value for key, value in file.items() if key != "k"}
    bad += [
        ("schema", name, padded(pack(body), 4096))
        for name, body in [
            ("everybody as a number", {"a": 1}), ("a reaction of 65 bytes", {"e": "👍" * 16 + "a"}), ("a reaction that is a list", {"e": ["👍"]}),
            ("an unknown word of a call", {"c": "hold"}), ("a call that is a map", {"c": {}}),
            ("a quote of 501 letters", {"q": {**quote, "t": "x" * 501}}), ("a quote of a person", {"q": {**quote, "id": bo}}), ("a quote of nobody", {"q": {"id": quote["id"]}}),
            ("a quote with a name", {"q": {**quote, "n": "Bo"}}), ("a quote that is text", {"q": "Hej!"}),
            ("21 files", {"o": [file] * 21}), ("a file alone", {"o": file}), ("a file without a key", {"o": [less]}), ("a key of 31 bytes", {"o": [{**file, "k": bytes(31)}]}),
            ("a key of 33 bytes", {"o": [{**file, "k": bytes(33)}]}), ("a key as text", {"o": [{**file, "k": "x" * 32}]}),
            ("an object name in capitals", {"o": [{**file, "b": "0F" * 32}]}), ("an object name of 63 letters", {"o": [{**file, "b": "0f" * 31 + "0"}]}),
            ("an object name with a newline", {"o": [{**file, "b": "0f" * 32 + "\n"}]}), ("an object name that is a path", {"o": [{**file, "b": "../" + "0" * 61}]}),
            ("a file name of 256 letters", {"o": [{**file, "n": "x" * 256}]}), ("a media type of 128 letters", {"o": [{**file, "t": "x" * 128}]}),
            ("a size below 0", {"o": [{**file, "s": -1}]}), ("a size of 2^53", {"o": [{**file, "s": 2**53}]}), ("a width of 0", {"o": [{**file, "w": 0}]}), ("a length of half a second", {"o": [{**file, "d": 0.5}]}),
            ("a file with a path", {"o": [{**file, "p": "/home"}]}),
        ]
    ]  # fmt: skip
    bad += [
        ("spelling", "half a surrogate pair in an emoji", padded(b"\x81\xa1e" + text(b"\xed\xa0\x80"))),
        ("spelling", "half a surrogate pair in a quote", padded(b"\x81\xa1q\x83\xa2id" + text(quote["id"]) + b"\xa3pid" + text(bo) + b"\xa1t" + text(b"\xed\xa0\x80"))),
        ("spelling", "a key of a file twice", padded(b"\x81\xa1o\x91\x86" + pack(file)[1:] + b"\xa1n\xa1a", 1024)),
    ]  # fmt: skip
    said, closed = {"v": 1, "t": "hej"}, {"v": 1}
    whole_said = {**said, "m": [bo], "a": True, "q": quote, "o": [file]}
    kinds = [
        ("a message", 1, whole_said, True), ("a message that says nothing", 1, closed, True), ("an edit", 2, whole_said, True),
        ("a reaction", 3, {"e": "👍"}, True), ("a reaction taken back", 3, {"e": "👍", "x": True}, True), ("a deletion", 4, closed, True), ("a call", 5, {"c": "ring"}, True),
        ("a message with an emoji", 1, {**said, "e": "👍"}, False), ("a message taken back", 1, {**said, "x": True}, False), ("a message that is a call", 1, {**said, "c": "ring"}, False),
        ("an edit with an emoji", 2, {**said, "e": "👍"}, False), ("a reaction without emoji", 3, {"x": True}, False), ("a reaction with text", 3, {"e": "👍", "t": "hej"}, False),
        ("a reaction with a file", 3, {"e": "👍", "o": [file]}, False), ("a deletion with text", 4, said, False), ("a deletion with a mention", 4, {"m": [bo]}, False),
        ("a deletion taken back", 4, {"x": True}, False), ("a call without a word", 5, closed, False), ("a call with text", 5, {"c": "ring", "t": "hej"}, False),
        ("a call for everybody", 5, {"c": "ring", "a": True}, False), ("a signal", 6, closed, False), ("a kind that nobody knows", 255, said, False), ("kind 0", 0, said, False),
    ]  # fmt: skip
    return {
        "made_by": "MessagePack written by hand from its specification",
        "kinds": [
            {"name": name, "kind": kind, "padded": padded(pack(body), 1024).hex(), "fits": fits}
            for name, kind, body, fits in kinds
        ],
        "good": [
            {"name": name, "content": shown(body), "padded": padded(pack(body), size).hex()}
            for name, body, size in texts
        ],
        "newer": [
            {"name": "version 2 with a field of its own", "padded": padded(pack({"v": 2, "t": "hej", "z": [1]})).hex()}
        ],
        "bad": [{"class": group, "name": name, "padded": data.hex()} for group, name, data in bad],
    }


def main() -> None:
    """Writes the two files."""
    for name, made in (("frames", frames()), ("content", content())):
        (HERE / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
