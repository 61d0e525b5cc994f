"""What two of three people can restore: period keys and the signing key, sealed to a key that home cannot open.

`samrum home shares make` makes an X25519 key whose private half goes, in three shares, to three people (`shares.py`) and is then
forgotten; its public half stays as `recovery.pub` in the key folder. Every secret that must be restorable is sealed to it (HPKE, RFC
9180: X25519, HKDF-SHA256, AES-256-GCM; info = "samrum/recovery/1" | tenant | file name) into the folder `keys.recovery` before it is used:

    <keys.recovery>/tenant                            the tenant's id
                    signing.key.sealed                as `signing.key`
                    period-<YYYY-MM>.<class>.key.sealed

The folder belongs on another disk or host than the key folder, in no backup, and not in the second copy: destroying a period key is
destroying these two files.
"""

from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from samrum.home.config import KeysConfig
from samrum.home.keys import files
from samrum.plumbing.config import BadConfig
from samrum.wire import ids, jws
from samrum.wire.ids import TenantId

PUBLIC: Final = "recovery.pub"
_TENANT: Final = "tenant"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class Recovery:
    """The folder, as home writes to it."""

    def __init__(self, folder: Path, public: X25519PublicKey, tenant: TenantId) -> None:
        self._folder, self._public, self._tenant = folder, public, tenant

    @classmethod
    def of(cls, config: KeysConfig, tenant: TenantId) -> Self | None:
        """The folder, if shares were made; raises `BadConfig` if they were and no folder is configured."""
        path = config.folder / PUBLIC
        if not path.exists():
            return None
        if config.recovery is None:
            raise BadConfig(f"{path}: shares were made, so keys.recovery must name the folder of what they open")
        try:
            return cls(
                config.recovery, X25519PublicKey.from_public_bytes(jws.unb64(path.read_text("ascii").strip())), tenant
            )
        except ValueError:
            raise BadConfig(f"{path}: is not a public key") from None

    def has(self, name: str) -> bool:
        """Whether a secret file is sealed here."""
        return (self._folder / f"{name}.sealed").exists()

    def begin(self) -> None:
        """Takes an empty folder; raises `OSError`."""
        files.replace(self._folder / _TENANT, self._tenant + "\n")

    def keep(self, name: str, data: bytes | bytearray) -> None:
        """Seals a secret file; durable. Raises `OSError`, also where the folder is not the one that was begun: not mounted?"""
        (self._folder / _TENANT).stat()
        sealed = _SUITE.encrypt(bytes(data), self._public, _info(name, self._tenant))
        files.replace(self._folder / f"{name}.sealed", jws.b64(sealed) + "\n")

    def forget_others(self, keys: Path) -> None:
        """Destroys what is sealed here to earlier shares and has no file in the folder `keys`."""
        for path in self._folder.glob("*.key.sealed"):
            if not (keys / path.name.removesuffix(".sealed")).exists():
                files.destroy(path)


class Sealed:
    """The folder, as the holders of two shares open it."""

    def __init__(self, folder: Path, key: X25519PrivateKey) -> None:
        """Raises `BadConfig` if this is no such folder."""
        self._folder, self._key = folder, key
        try:
            tenant = (folder / _TENANT).read_text("ascii").strip()
            ids.raw(tenant, "t")
        except (OSError, ValueError):
            raise BadConfig(f"{folder}: holds no sealed secrets of a home") from None
        self.tenant = TenantId(tenant)

    def names(self) -> list[str]:
        """The secret files that are sealed here."""
        return sorted(path.name.removesuffix(".sealed") for path in self._folder.glob("*.key.sealed"))

    def open(self, name: str) -> bytes:
        """A secret file as it was before it was sealed; raises `BadConfig` if these shares are not its."""
        path = self._folder / f"{name}.sealed"
        try:
            return _SUITE.decrypt(jws.unb64(path.read_text("ascii").strip()), self._key, _info(name, self.tenant))
        except OSError as error:
            raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
        except (InvalidTag, ValueError):
            raise BadConfig(f"{path}: is not sealed to these shares") from None


def _info(name: str, tenant: TenantId) -> bytes:
    return b"samrum/recovery/1" + ids.raw(tenant, "t") + name.encode("ascii")
