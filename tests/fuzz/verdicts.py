"""Python's verdict on hostile inputs, for the browser to judge the same bytes: `python -m tests.fuzz.verdicts COUNT [SEED]`.

Prints `{"seed": …, "verdicts": {target: [[hex, taken]…]}}`. Left out is what decision 4 leaves as it is: a whole number written
with a fraction, a key twice, and text that is not Unicode, each where only home or relay writes.
"""

import contextlib
import json
import re
import sys
from random import Random
from typing import Any

import msgspec

from tests.fuzz.targets import TARGETS

SHARED = [
    name for name in TARGETS if name.startswith("payload-") or name in
    {"id", "identity", "base64", "jwk", "header", "chain", "envelope", "aead", "content", "padded", "relay-frame"}
]  # fmt: skip


def tolerated(name: str, data: bytes) -> bool:
    """Whether the stacks may differ."""
    if name == "relay-frame":
        try:
            return "float" in kinds(msgspec.msgpack.decode(data[1:]))
        except UnicodeDecodeError:
            return True
        except (ValueError, TypeError, RecursionError):
            return False
    if name in {"header", "chain", "jwk"} or name.startswith("payload-"):
        return re.search(rb"[0-9][.eE]|\\u[dD][89a-fA-F]", data) is not None or any(map(doubled, data.split(b"\n")))
    return False


def doubled(text: bytes) -> bool:
    """Whether a JSON text has a key twice in one object."""
    found = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        found.append(len({key for key, _ in pairs}) < len(pairs))

    with contextlib.suppress(ValueError, RecursionError):
        json.loads(text, object_pairs_hook=look)
    return any(found)


def kinds(value: Any) -> set[str]:
    """Names of the types in a value."""
    if isinstance(value, dict):
        return {"dict"}.union(*(kinds(key) | kinds(one) for key, one in value.items()))
    if isinstance(value, list):
        return {"list"}.union(*map(kinds, value))
    return {type(value).__name__}


def main() -> None:
    """Prints the verdicts."""
    number = int(sys.argv[2]) if len(sys.argv) > 2 else Random().getrandbits(32)
    random = Random(number)
    found: dict[str, list[tuple[str, bool]]] = {}
    for name in SHARED:
        target = TARGETS[name]
        inputs = [target.hostile(random) for _ in range(int(sys.argv[1]))]
        found[name] = [(data.hex(), target.run(data)) for data in inputs if not tolerated(name, data)]
    json.dump({"seed": number, "verdicts": found}, sys.stdout)


if __name__ == "__main__":
    main()
