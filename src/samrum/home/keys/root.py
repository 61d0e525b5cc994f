"""The root key, which seals every other secret file: in a key file, or in a PKCS#11 token that never gives it away (`token.py`).

A sealed file is base64url(nonce 12 | AES-256-GCM); AAD = "samrum/keyfile/1" | tenant | file name, so that files can't be exchanged.
"""

import secrets
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.home.config import KeysConfig
from samrum.home.keys import files
from samrum.plumbing.config import BadConfig, secret
from samrum.wire import jws

ROOT_FILE: Final = "root.key"


class NotSealedSo(Exception):
    """Not sealed by this root key, or not with this associated data."""


class RootAway(BadConfig):
    """The token does not answer, or not as configured: at the start the reason not to start, later one to try again."""


class Root(Protocol):
    """The root key, wherever it is."""

    def seal(self, data: bytes | bytearray, aad: bytes) -> bytes:
        """Nonce and ciphertext; raises `RootAway`."""

    def open(self, sealed: bytes, aad: bytes) -> bytearray:
        """What was sealed, in memory that can be overwritten; raises `NotSealedSo` or `RootAway`."""


class FileRoot:
    """32 random bytes in base64url, in a file of mode 0600."""

    def __init__(self, folder: Path) -> None:
        """Raises `BadConfig` if the file is missing, readable by others, or not a key."""
        path = folder / ROOT_FILE
        try:
            self._cipher = AESGCM(jws.unb64(secret(path).decode("ascii").strip()))
        except ValueError:
            raise BadConfig(f"{path}: is not a key") from None

    def seal(self, data: bytes | bytearray, aad: bytes) -> bytes:
        """As `Root`."""
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, data, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytearray:
        """As `Root`."""
        if len(sealed) < 28:
            raise NotSealedSo
        found = bytearray(len(sealed) - 28)
        try:
            self._cipher.decrypt_into(sealed[:12], sealed[12:], aad, found)
        except InvalidTag:
            raise NotSealedSo from None
        return found


def open_root(config: KeysConfig) -> Root:
    """The root key as configured; raises `BadConfig` with what to do, and never makes one."""
    if config.root == "file":
        return FileRoot(config.folder)
    from samrum.home.keys.token import TokenRoot  # noqa: PLC0415  loads the token's library into the process

    return TokenRoot(config.token())


def make_root(config: KeysConfig) -> None:
    """Makes the root key where there is none yet; one that exists is left alone."""
    if config.root == "file":
        if not (config.folder / ROOT_FILE).exists():
            files.write_new(config.folder / ROOT_FILE, jws.b64(secrets.token_bytes(32)) + "\n")
        return
    from samrum.home.keys import token  # noqa: PLC0415  as above

    token.make(config.token())
