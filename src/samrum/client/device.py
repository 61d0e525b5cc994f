"""The device's key: a file that only its owner may read, made at the first start.

Who has it and the password is this device. Losing it is no harm: the next start makes another device; the old one is taken off the list of
devices by its person or after 30 days.
"""

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import ids, jws
from samrum.wire.ids import Dev, DevField
from samrum.wire.statements import B64x32


class BadDevice(Exception):
    """The file is not a device's, or others may read it."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    dev: DevField
    seed: B64x32


class Device:
    """Id and key of this device."""

    def __init__(self, dev: Dev, key: Ed25519PrivateKey) -> None:
        self.dev, self.key = dev, key


def fresh() -> Device:
    """A device that is kept nowhere."""
    return Device(ids.new_dev(), Ed25519PrivateKey.generate())


def kept(path: Path) -> Device:
    """The device of the file, which is made if it is missing; raises `BadDevice`."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    made = fresh()
    body = _File(dev=made.dev, seed=jws.b64(made.key.private_bytes_raw()))
    with os.fdopen(number, "wb") as file:
        file.write(msgspec.json.encode(body))
        file.flush()
        os.fsync(file.fileno())
    return made


def forget(path: Path) -> None:
    """The device ended for good: the next start makes another."""
    path.unlink(missing_ok=True)


def _read(path: Path) -> Device:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise BadDevice(f"{path}: others may read it: chmod 600")
        try:
            found = msgspec.json.decode(file.read(), type=_File)
        except (ValueError, msgspec.MsgspecError):
            raise BadDevice(f"{path}: is not a device's file") from None
    return Device(found.dev, Ed25519PrivateKey.from_private_bytes(jws.unb64(found.seed)))
