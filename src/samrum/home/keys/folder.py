"""The folder of secrets: one file a key, 0600, in a folder of home's own account.

    root.key                     the root key, unless it is in a token (`root.py`)
    signing.key                  JSON {kid, iat, seed}: home's Ed25519 signing key, sealed under the root key
    period-<YYYY-MM>.<class>.key a period key (tenant, month, retention class), sealed
    integrations.key             from which the device keys of integrations come, sealed; after a loss they get new ones
    day-<n>.key                  a day's media key (n = days since 1970), sealed
    recovery.pub                 to whom new secrets are also sealed (`recovery.py`), once shares were made

No database backup holds any of this: destroying a period key is final.
"""

import contextlib
import fcntl
import os
import re
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from samrum.home.config import HomeConfig, KeysConfig
from samrum.home.keys import files
from samrum.home.keys.recovery import Recovery
from samrum.home.keys.root import NotSealedSo, Root, make_root, open_root
from samrum.plumbing.config import BadConfig, secret
from samrum.wire import ids, jws
from samrum.wire.home_api import HomeKey
from samrum.wire.ids import Dev, KeyId, RoomId, TenantId
from samrum.wire.keys import media_base

DAYS_KEPT: Final = 2
"""A day's media key is destroyed 48 hours after that day began."""
SIGNING: Final = "signing.key"
INTEGRATIONS: Final = "integrations.key"
LOCK: Final = "lock"
REWRAPPING: Final = "rewrap.ready"
"""A mark: `rewrap` was interrupted."""
_DAY: Final = re.compile(r"day-(\d+)\.key")


class Signing(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in `signing.key`."""

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

    def __init__(self, config: KeysConfig, tenant: TenantId) -> None:
        """Opens what `make` made; raises `BadConfig` if a key is missing, readable by others, or of another root key."""
        self._config, self._folder = config, config.folder
        self._tenant = tenant
        self._lock = threading.Lock()
        self._open: dict[str, bytearray] = {}
        self._in_use = _use(config.folder)
        if (config.folder / REWRAPPING).exists():
            raise BadConfig(f"{config.folder}: the root key is being moved; run `samrum home rewrap` again to finish")
        self._root = open_root(config)
        Recovery.of(config, tenant)  # shares without their folder are a mistake that is said at the start
        path = self._folder / SIGNING
        try:
            signing = msgspec.json.decode(read(path, self._root, tenant), type=Signing)
            key = Ed25519PrivateKey.from_private_bytes(jws.unb64(signing.seed))
        except (ValueError, msgspec.MsgspecError):
            raise BadConfig(f"{path}: is not a signing key") from None
        self.signer = Signer(signing.kid, signing.iat, key)

    def period(self, month: str, retention: str) -> bytearray:
        """The 32-byte period key of a month (`2026-11`) and retention class; made and durable if it is new.

        Raises `OSError` if a new one cannot be kept for the holders of the shares too.
        """
        with self._lock:
            return self._key(f"period-{month}.{retention}.key", restorable=True)

    def media_base(self, room: RoomId, epoch: int, day: int) -> bytes:
        """The media secret of a room's epoch on a UTC day (days since 1970); the day's key is made if it is new.

        Raises `OSError` if a new one cannot be written, and `RootAway`.
        """
        with self._lock:
            return media_base(self._key(f"day-{day}.key", restorable=False), room, epoch, day)

    def integration_key(self, dev: Dev) -> Ed25519PrivateKey:
        """The key of an integration's device: HKDF-SHA256(integrations.key, info = "samrum/integration/1" | device id).

        Raises `OSError` if the file has to be made and cannot, and `RootAway`.
        """
        with self._lock:
            secret = bytes(self._key(INTEGRATIONS, restorable=False))
        seed = HKDF(SHA256(), 32, None, b"samrum/integration/1" + ids.raw(dev, "d")).derive(secret)
        return Ed25519PrivateKey.from_private_bytes(seed)

    def destroy_days(self, today: int) -> int:
        """Destroys the media keys of days that began 48 hours ago, here and in memory; returns how many."""
        gone = 0
        with self._lock:
            for path in self._folder.glob("day-*.key"):
                found = _DAY.fullmatch(path.name)
                if found and int(found.group(1)) + DAYS_KEPT <= today:
                    key = self._open.pop(path.name, bytearray())
                    key[:] = bytes(len(key))
                    files.destroy(path)
                    gone += 1
        return gone

    def keep_restorable(self, *, anew: bool = False) -> None:
        """Seals to the holders of the shares what is not yet, or `anew` everything to new ones; raises `OSError`."""
        recovery = self._restorable()
        if recovery is None:
            return
        if anew:
            recovery.begin()
        for path in sorted([*self._folder.glob("period-*.key"), self._folder / SIGNING]):
            if anew or not recovery.has(path.name):
                recovery.keep(path.name, read(path, self._root, self._tenant))
        if anew:
            recovery.forget_others(self._folder)

    def _restorable(self) -> Recovery | None:
        """Where new secrets are sealed to; looked up each time, since shares may be made while home runs."""
        return Recovery.of(self._config, self._tenant) if self._config.recovery else None

    def _key(self, name: str, *, restorable: bool) -> bytearray:
        if name not in self._open:
            path = self._folder / name
            if not path.exists():
                key = _random()
                if restorable and (recovery := self._restorable()):
                    recovery.keep(name, key)
                write(path, key, self._root, self._tenant)
            self._open[name] = read(path, self._root, self._tenant)
        return self._open[name]


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """For a change of all files at once; raises `BadConfig` while a home uses them."""
    number = os.open(place / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BadConfig(f"{place}: home uses these keys now; stop it first") from None
    finally:
        os.close(number)


class _Use:
    """The folder is in use for as long as this object lives."""

    def __init__(self, number: int) -> None:
        weakref.finalize(self, os.close, number)


def _use(place: Path) -> _Use | None:
    if not place.is_dir():
        return None
    use = _Use(number := os.open(place / LOCK, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadConfig(f"{place}: the root key is being moved; wait until `samrum home rewrap` is done") from None
    return use


def make(config: HomeConfig, now: int) -> None:
    """Makes the folder, the root key and the signing key of a new home. Keys that exist are left alone.

    Raises `BadConfig` where a home has been before but its keys are not: new ones would open nothing.
    """
    keys, path = config.keys, config.keys.folder / SIGNING
    if path.exists():
        if path.read_bytes().startswith(b"{"):  # of a version that left it unsealed
            files.replace(path, sealed(path.name, secret(path), open_root(keys), config.tenant))
        return
    if (config.data / "home.db").exists():
        raise BadConfig(f"{path}: is missing, but {config.data} has a database; is the disk of keys.folder mounted?")
    keys.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_root(keys)
    seed = jws.b64(bytes(_random()))
    write(path, msgspec.json.encode(Signing(ids.new_key_id(), now, seed)), open_root(keys), config.tenant)


def write(path: Path, data: bytes | bytearray, root: Root, tenant: TenantId) -> None:
    """Writes a new sealed file."""
    files.write_new(path, sealed(path.name, data, root, tenant))


def sealed(name: str, data: bytes | bytearray, root: Root, tenant: TenantId) -> str:
    """What a secret file says."""
    return jws.b64(root.seal(data, aad(name, tenant))) + "\n"


def read(path: Path, root: Root, tenant: TenantId) -> bytearray:
    """What a sealed file holds; raises `BadConfig`."""
    try:
        return root.open(jws.unb64(secret(path).decode("ascii").strip()), aad(path.name, tenant))
    except (NotSealedSo, ValueError):
        raise BadConfig(
            f"{path}: not sealed by this root key for this tenant; is it another token, key file or folder?"
        ) from None


def aad(name: str, tenant: TenantId) -> bytes:
    """The associated data of a sealed file."""
    return b"samrum/keyfile/1" + ids.raw(tenant, "t") + name.encode("ascii")


def _random() -> bytearray:
    """32 random bytes that stand in memory once and can be overwritten."""
    key = bytearray(32)
    with Path("/dev/urandom").open("rb", buffering=0) as source:
        source.readinto(key)
    return key
