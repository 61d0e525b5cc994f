"""The built web client, as home serves it: read into memory, and again when its index changes.

Files below `assets/` carry a hash of their content in their name and never change; everything else is asked for anew. Where a
`.br` or `.gz` stands beside a file, it is sent to browsers that take it.
"""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from samrum.wire.home_api import ClientBuild

TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain",
}
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
IMMUTABLE: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
INDEX: Final = "index.html"
_NOT_BUILT: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Samrum</title>"
    b"<h1>The web client is not built</h1><p>Run <code>make build</code>, then reload this page.</p></html>"
)


@dataclass(slots=True)
class Served:
    """One file: bytes by encoding (`""`: as it is)."""

    media_type: str
    cache: str
    etag: str
    bodies: dict[str, bytes] = field(default_factory=dict)

    def choose(self, accept: str) -> tuple[str, bytes]:
        """Encoding and bytes for a browser's `Accept-Encoding`."""
        offered = {
            part.split(";")[0].strip() for part in accept.split(",") if not part.replace(" ", "").endswith(";q=0")
        }
        name = next((name for name in ENCODINGS if name in self.bodies and name in offered), "")
        return name, self.bodies[name]


class Site:
    """The files of one folder. What is not in it when it is read does not exist: no path reaches outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._files: dict[str, Served] = {}

    def get(self, path: str) -> Served | None:
        """The file at `path` (without leading slash)."""
        return self._current().get(path)

    def index(self) -> Served:
        """The page that starts the client, or the one that says it isn't built."""
        return self._current().get(INDEX) or Served(TYPES[".html"], ASK_AGAIN, '"none"', {"": _NOT_BUILT})

    def build(self) -> ClientBuild | None:
        """Every file with its SHA-256, and the digest of the whole, as it stands in the ledger; `None` if nothing is built."""
        files = {path: served.etag.strip('"') for path, served in sorted(self._current().items())}
        if not files:
            return None
        lines = "".join(f'{path} "{digest}"\n' for path, digest in files.items())
        return ClientBuild(digest=hashlib.sha256(lines.encode()).hexdigest(), files=files)

    def _current(self) -> dict[str, Served]:
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._files = dict(_read(self._folder)) if stamp else {}
                self._stamp = stamp
            return self._files

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            stat = (self._folder / INDEX).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size


def _read(folder: Path) -> Iterator[tuple[str, Served]]:
    root = folder.resolve()
    for path in sorted(root.rglob("*")):
        if path.suffix in ENCODINGS.values() or not path.is_file() or root not in path.resolve().parents:
            continue
        name, data = path.relative_to(root).as_posix(), path.read_bytes()
        served = Served(
            TYPES.get(path.suffix, "application/octet-stream"),
            IMMUTABLE if name.startswith("assets/") else ASK_AGAIN,
            f'"{hashlib.sha256(data).hexdigest()}"',
            {"": data},
        )
        for encoding, suffix in ENCODINGS.items():
            packed = path.with_name(path.name + suffix)
            if packed.is_file():
                served.bodies[encoding] = packed.read_bytes()
        yield name, served
