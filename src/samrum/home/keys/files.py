"""Files of secrets: whole or not at all, durable, for their owner alone."""

import os
import secrets
from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Writes a file durably; raises `FileExistsError` rather than write over one."""
    new = _beside(path, text)
    try:
        os.link(new, path)
    finally:
        new.unlink()
    sync(path.parent)


def replace(path: Path, text: str) -> None:
    """Writes a file durably in the place of another or of none."""
    _beside(path, text).replace(path)
    sync(path.parent)


def destroy(path: Path) -> None:
    """Overwrites a file's bytes, as far as the disk lets us, and takes it away; durable."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    finally:
        path.unlink()
        sync(path.parent)


def sync(folder: Path) -> None:
    """Makes the names in a folder durable."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _beside(path: Path, text: str) -> Path:
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            new.unlink()
            raise
    return new
