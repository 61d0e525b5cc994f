"""The JSON Schema of everything on the border that browsers speak; `python -m samrum.wire.schema` writes it for the web client.

`web/scripts/wire.mjs` makes TypeScript types and ahead-of-time validators from it. `bytes` are MessagePack `bin` and
stand as `{"bytes": true}`, a keyword of ours. With `--check` nothing is written; a difference ends with status 1.
"""

import inspect
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from samrum.wire import (
    base,
    content,
    export_api,
    home_api,
    hooks_api,
    moderation_api,
    relay_api,
    rooms_api,
    search_api,
    statements,
    stream,
)
from samrum.wire.codes import Code

TARGET: Final = Path(__file__).parents[3] / "web" / "src" / "wire" / "schema.json"

_MODULES: Final = (
    base,
    content,
    home_api,
    rooms_api,
    search_api,
    moderation_api,
    hooks_api,
    export_api,
    relay_api,
    statements,
    stream,
)
_RENAMED: Final = {stream.Proof: "HelloProof", stream.Error: "StreamError"}
"""Names that would clash in the web client."""


def structs() -> list[type[base.Wire]]:
    """Every wire struct but the bodies of home's calls to relay, in the order of the modules."""
    found = []
    for module in _MODULES:
        found += [kind for kind in _own_structs(module) if not kind.__name__.startswith("Put")]
    return found


def _own_structs(module: ModuleType) -> list[type[base.Wire]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, base.Wire) and kind is not base.Wire and kind.__module__ == module.__name__
    ]


def schema() -> dict[str, Any]:
    """`$defs` by name, the frames' numbers and names, the `typ` of statements, and all codes."""
    kinds = structs()
    refs, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    names = {
        ref["$ref"].rsplit("/", 1)[1]: _RENAMED.get(kind, kind.__name__) for kind, ref in zip(kinds, refs, strict=True)
    }
    plain = {names.get(key, key): _plain(value, names) for key, value in components.items()}
    if len(plain) != len(components):
        raise ValueError("two structs share a name: rename one in _RENAMED")
    return {
        "$defs": dict(sorted(plain.items())),
        "frames": {
            "client": {str(n): _name(kind) for n, kind in stream.CLIENT.items()},
            "relay": {str(n): _name(kind) for n, kind in stream.RELAY.items()},
        },
        "typ": {_name(kind): kind.TYP for kind in kinds if hasattr(kind, "TYP")},
        "codes": [code.value for code in Code],
    }


def _name(kind: type[base.Wire]) -> str:
    return _RENAMED.get(kind, kind.__name__)


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_plain(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("contentEncoding") == "base64":
        return {"bytes": True}
    out = {key: _plain(one, names) for key, one in value.items() if key != "title" or not isinstance(one, str)}
    if "$ref" in out:
        head, _, last = out["$ref"].rpartition("/")
        out["$ref"] = f"{head}/{names.get(last, last)}"
    return out


def main() -> int:
    """Writes the file, or compares it."""
    text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        return 0 if TARGET.exists() and TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
