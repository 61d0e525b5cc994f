"""The folder of secrets: one file a key, 0600, in a folder of home's own account.

    root.key                     32 random bytes, base64url
    signing.key                  JSON {kid, iat, seed}: home's Ed25519 signing key
    period-<YYYY-MM>.<class>.key a period key (tenant, month, retention class), encrypted under the root key
    day-<n>.key                  a day's media key (n = days since 1970), encrypted under the root key

An encrypted file is base64url(nonce 12 | AES-256-GCM) with AAD "samrum/keyfile/1" | tenant | file name, so that files can't be
exchanged. No database backup holds any of this: destroying a period key is final.
"""

import os
import re
import secrets
import threading
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from samrum.plumbing.config import BadConfig, secret
from samrum.wire import ids, jws
from samrum.wire.home_api import HomeKey
from samrum.wire.ids import KeyId, TenantId

DAYS_KEPT: Final = 2
"""A day's media key is destroyed 48 hours after that day began."""
_DAY: Final = re.compile(r"day-(\d+)\.key")


class _Signing(msgspec.Struct, forbid_unknown_fields=True):
    kid: KeyId
    iat: int
    seed: str


class Signer:
    """Home's signing key."""

    def __init__(self, kid: KeyId, iat: int, key: Ed25519PrivateKey) -> None:
        self.kid = kid
        self.iat = iat
        self._key = key

    def sign(self, payload: msgspec.Struct) -> str:
        """The statement of `payload`, whose class carries `TYP`."""
        return jws.sign(payload, self.kid, self._key)

    def public(self) -> HomeKey:
        """What others verify with."""
        return HomeKey(kid=self.kid, jwk=jws.jwk_of(self._key.public_key()), iat=self.iat)

    def key_of(self, kid: str) -> Ed25519PublicKey | None:
        """The public key of `kid`, for `jws.verify`."""
        return self._key.public_key() if kid == self.kid else None


class KeyFolder:
    """The opened folder. Safe to use from any thread."""

    def __init__(self, folder: Path, tenant: TenantId) -> None:
        """Opens the folder made by `make`; raises `BadConfig` if a key is missing, readable by others, or not a key."""
        self._folder = folder
        self._tenant = ids.raw(tenant, "t")
        self._lock = threading.Lock()
        self._open: dict[str, bytes] = {}
        try:
            signing = msgspec.json.decode(secret(folder / "signing.key"), type=_Signing)
            key = Ed25519PrivateKey.from_private_bytes(jws.unb64(signing.seed))
            root = jws.unb64(secret(folder / "root.key").decode("ascii").strip())
        except (ValueError, msgspec.MsgspecError):
            raise BadConfig(f"{folder}: root.key or signing.key is not a key") from None
        self._root = AESGCM(root)
        self.signer = Signer(signing.kid, signing.iat, key)

    def period(self, month: str, retention: str) -> bytes:
        """The 32-byte period key of a month (`2026-11`) and retention class; made and durable if it is new."""
        return self._key(f"period-{month}.{retention}.key")

    def day(self, day: int) -> bytes:
        """The media key of a UTC day (days since 1970); made if it is new."""
        return self._key(f"day-{day}.key")

    def destroy_days(self, today: int) -> int:
        """Destroys the media keys of days that began 48 hours ago; returns how many."""
        gone = 0
        with self._lock:
            for path in self._folder.glob("day-*.key"):
                found = _DAY.fullmatch(path.name)
                if found and int(found.group(1)) + DAYS_KEPT <= today:
                    self._open.pop(path.name, None)
                    path.unlink()
                    gone += 1
        return gone

    def _key(self, name: str) -> bytes:
        with self._lock:
            if name not in self._open:
                path = self._folder / name
                self._open[name] = self._read(path) if path.exists() else self._new(path)
            return self._open[name]

    def _new(self, path: Path) -> bytes:
        key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
        _write(path, jws.b64(nonce + self._root.encrypt(nonce, key, self._aad(path.name))) + "\n")
        return key

    def _read(self, path: Path) -> bytes:
        try:
            data = jws.unb64(secret(path).decode("ascii").strip())
            return self._root.decrypt(data[:12], data[12:], self._aad(path.name))
        except (InvalidTag, ValueError):
            raise BadConfig(f"{path}: not encrypted under this root key") from None

    def _aad(self, name: str) -> bytes:
        return b"samrum/keyfile/1" + self._tenant + name.encode("ascii")


def make(folder: Path, now: int) -> None:
    """Makes the folder, the root key and the signing key where they are missing. Keys that exist are left alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "root.key").exists():
        _write(folder / "root.key", jws.b64(secrets.token_bytes(32)) + "\n")
    if not (folder / "signing.key").exists():
        seed = jws.b64(secrets.token_bytes(32))
        _write(folder / "signing.key", msgspec.json.encode(_Signing(ids.new_key_id(), now, seed)).decode() + "\n")


def _write(path: Path, text: str) -> None:
    """Writes a secret whole or not at all, durably, and never over one that exists."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)
    finally:
        new.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
