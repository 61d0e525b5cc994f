"""Spoils good inputs: bytes anywhere, and JSON and MessagePack by their structure."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

INTERESTING = (
    b"",
    b"\0",
    b"\xff",
    b"\n",
    b".",
    b"=",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc1",
    b"\xd9\x03",
    b"\xff\xff\xff\xff",
    b"\x91" * 300,
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 1.5, 2**31, 2**32, 2**48 + 1, 2**53, 2**63 - 1, 2**64 - 1, "", "\n", "a", "x" * 300, "\ufeff", "p_", "A" * 43,
    "p_" + "a" * 26, "r_" + "a" * 26, "p_" + "a" * 26 + "\n", "p_" + "a" * 25 + "b", [], {}, [[]], [None] * 17, {"__proto__": {}}, {"constructor": 1},
)  # fmt: skip


def spoil(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """`data` with one to four small changes."""
    out = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(out))
        match random.randrange(6):
            case 0 if at < len(out):
                out[at] ^= 1 << random.randrange(8)
            case 1 if at < len(out):
                out[at] = random.randrange(256)
            case 2:
                del out[at : at + random.randint(1, 9)]
            case 3:
                out[at:at] = random.choice(INTERESTING)
            case 4:
                out[at:at] = out[random.randint(0, len(out)) :][: random.randint(1, 60)]
            case _:
                other = random.choice(others)
                out[at:] = other[random.randint(0, len(other)) :]
    return bytes(out)


def bend(value: Any, random: Random, odd: Sequence[Any]) -> Any:
    """`value` with something in it replaced, left out, doubled or added."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(list(value))
        match random.randrange(6):
            case 0:
                return {one: value[one] for one in value if one != key}
            case 1:
                return value | {str(random.choice(["name", "__proto__", "v", "n", ""])): random.choice(odd)}
            case _:
                return value | {key: bend(value[key], random, odd)}
    if isinstance(value, list) and value and random.random() < 0.8:
        at = random.randrange(len(value))
        return [*value[:at], bend(value[at], random, odd), *value[at + random.randrange(2) :]]
    if isinstance(value, str) and value and random.random() < 0.4:
        at = random.randrange(len(value))
        return value[:at] + random.choice("\n\0Aa=/_2b7\u0131\ud800") + value[at + random.randrange(2) :]
    if isinstance(value, int) and random.random() < 0.4:
        return value + random.choice((-1, 1, 2**32))
    return random.choice(odd)


def bend_json(data: bytes, random: Random) -> bytes:
    """A JSON text whose value was bent; now and then with a key twice or spaces. Not JSON: as it is."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    text = json.dumps(bend(value, random, ODD), separators=random.choice(((",", ":"), (", ", ": "))))
    if random.random() < 0.1:
        text = text.replace("{", '{"v":2,', 1)
    return text.encode()


def bend_msgpack(data: bytes, random: Random) -> bytes:
    """A MessagePack value that was bent. Not MessagePack: as it is."""
    try:
        value = msgspec.msgpack.decode(data)
        return msgspec.msgpack.encode(bend(value, random, (*ODD, b"", b"\xff" * 32, msgspec.msgpack.Ext(-1, bytes(4)))))
    except (ValueError, TypeError, RecursionError, OverflowError):
        return data


Shape = Callable[[bytes, Random], bytes]
