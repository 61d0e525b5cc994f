"""Searches everything that relay's and LiveKit's operator and the cloud hold for texts that they must not hold.

A text is looked for as UTF-8, UTF-16LE, UTF-16BE and Latin-1 (how Python and V8 keep short strings), composed and decomposed (NFC,
NFD), each raw, as hex, as base64 and base64url at three offsets, and as JSON and percent escapes: in files byte by byte, and in
the writable memory of processes.
"""

import base64
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

CHUNK = 8 << 20
OVERLAP = 8 << 10
_ADDRESSES = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw")


@dataclass(frozen=True)
class Finding:
    """A text stands where it must not."""

    sink: str
    where: str
    text: str
    encoding: str


def spellings(text: str) -> dict[bytes, str]:
    """Every byte string that would give `text` away, with the name of its encoding."""
    found: dict[bytes, str] = {}
    for form in ("NFC", "NFD"):
        shaped = unicodedata.normalize(form, text)
        found.setdefault(json.dumps(shaped)[1:-1].encode(), f"{form} json")
        found.setdefault(quote(shaped).encode(), f"{form} percent")
        for charset in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
            try:
                raw, name = shaped.encode(charset), f"{form} {charset}"
            except UnicodeEncodeError:
                continue  # a decomposed letter has no Latin-1
            found[raw] = name
            found.setdefault(raw.hex().encode(), f"{name} hex")
            found.setdefault(raw.hex().upper().encode(), f"{name} HEX")
            for offset in range(3):
                for encode in (base64.b64encode, base64.urlsafe_b64encode):
                    found.setdefault(_inner_base64(raw, offset, encode), f"{name} {encode.__name__}+{offset}")
    return found


def _inner_base64(raw: bytes, offset: int, encode: "type[base64.b64encode]") -> bytes:  # type: ignore[valid-type]
    """The letters that `raw` alone decides when `offset` unknown bytes stand before it and more may follow."""
    start = -(-offset * 8 // 6)
    end = (offset + len(raw)) * 8 // 6
    return encode(bytes(offset) + raw)[start:end]


def in_bytes(data: bytes, needles: dict[bytes, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Text and encoding of every needle in `data`."""
    for needle, about in needles.items():
        if needle in data:
            yield about


def in_folder(sink: str, folder: Path, needles: dict[bytes, tuple[str, str]]) -> Iterator[Finding]:
    """Findings in every file below `folder`, and in the names of files."""
    for file in sorted(folder.rglob("*")):
        name = os.fsencode(file.name)
        data = file.read_bytes() if file.is_file() else b""
        for text, encoding in in_bytes(name + b"\0" + data, needles):
            yield Finding(sink, str(file.relative_to(folder)), text, encoding)


def memory(pid: int) -> Iterator[bytes]:
    """The writable memory of a process in overlapping pieces."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as mem:
        for row in maps:
            if found := _ADDRESSES.match(row):
                at, end = (int(part, 16) for part in found.groups())
                while at < end:
                    try:
                        mem.seek(at)
                        yield mem.read(min(CHUNK + OVERLAP, end - at))
                    except (OSError, OverflowError):
                        pass  # a page that cannot be read (a device, a guard)
                    at += CHUNK


def in_memory(sink: str, pid: int, needles: dict[bytes, tuple[str, str]]) -> Iterator[Finding]:
    """Findings in the memory of a process."""
    for data in memory(pid):
        for text, encoding in in_bytes(data, needles):
            yield Finding(sink, f"memory of {pid}", text, encoding)


def needles_for(*texts: str) -> dict[bytes, tuple[str, str]]:
    """What to look for: each spelling of each text."""
    return {spelling: (text, name) for text in texts for spelling, name in spellings(text).items()}
