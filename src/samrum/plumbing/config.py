"""Configuration: one frozen struct per zone, read from TOML; an unknown key refuses to start and says where and why.

Secrets come by file path and are refused if anybody else may read them.
"""

import stat
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class BadConfig(Exception):
    """The zone can't start as configured. The message is for its administrator: file, place, cause."""


def read(path: Path, kind: type[T]) -> T:
    """The configuration in the TOML file `path` as a `kind`; raises `BadConfig`."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind, strict=True, dec_hook=_path)
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise BadConfig(f"{path}: {error}") from None


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError


def secret(path: Path) -> bytes:
    """The bytes of a secret file; raises `BadConfig` if it is missing or group or others may touch it."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise BadConfig(f"{path}: others may read this secret; chmod 600 it")
        return path.read_bytes()
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None


def address(text: str) -> tuple[str, int]:
    """Host and port of `host:port`; raises `BadConfig`."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadConfig(f"not host:port: {text}")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether a listen address is reachable from this machine alone; anywhere else TLS is required at start."""
    return host in {"localhost", "::1"} or host.startswith("127.")
