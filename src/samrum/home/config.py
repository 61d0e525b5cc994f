"""Home's configuration (`home.toml`)."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from samrum.plumbing.config import BadConfig, address, is_loopback
from samrum.wire.ids import TenantField


class RelayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where relay is, for browsers and for home."""

    http: str
    """Relay's HTTP, such as `https://relay.example:443`."""
    stream: str
    """Relay's stream, such as `wss://relay.example:8443`."""
    ca: str | None = None
    """PEM file of the only authority whose certificates home accepts from relay; without it, the system's."""


class TokenConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The PKCS#11 token (HSM) that holds the root key."""

    module: Path
    """The token's PKCS#11 library, such as `/usr/lib/softhsm/libsofthsm2.so`."""
    token: str
    """The token's label."""
    key: str
    """The label of the root key in it: AES-256, sensitive, not extractable."""
    pin: Path
    """File with the PIN of the token's user, 0600."""


class KeysConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where keys are (`docs/keys.md`)."""

    folder: Path
    """Folder of secrets (`keys/folder.py`), for home's own account alone; in no backup of the database."""
    second_copy: Path
    """Folder on another disk or host, where every wrapped epoch key stands before it is released (`keys/copy.py`)."""
    recovery: Path | None = None
    """Folder on another disk or host of what two of three shares open (`keys/recovery.py`); needed for `samrum home shares make`."""
    root: Literal["file", "pkcs11"] = "file"
    """Where the root key is: in a file of `folder`, or in the token of `[keys.pkcs11]`."""
    pkcs11: TokenConfig | None = None

    def token(self) -> TokenConfig:
        """`[keys.pkcs11]`; raises `BadConfig` if it is missing."""
        if self.pkcs11 is None:
            raise BadConfig('keys.root = "pkcs11" needs [keys.pkcs11] with module, token, key and pin')
        return self.pkcs11


class HomeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that home's administrator decides."""

    listen: str
    """`host:port`. Anywhere but loopback needs `tls_cert` and `tls_key`."""
    url: str
    """Home's origin as browsers see it, such as `https://samrum.example`."""
    data: Path
    """Folder of the database."""
    web: Path
    """Folder of the built web client."""
    flows: Path
    """The register of data flows (`flows.toml`)."""
    tenant: TenantField
    """This authority's id at relay."""
    authority: str
    """The authority's name, as people read it."""
    directory: Path
    """The directory file (`directory/outside.py`)."""
    keys: KeysConfig
    relay: RelayConfig
    devices: int = 20
    """Devices that a person may be signed in on at a time."""
    livekit: str | None = None
    """LiveKit's signalling for browsers, `ws://` or `wss://`; without it there are no meetings."""
    tls_cert: str | None = None
    """PEM file of the certificate chain."""
    tls_key: str | None = None
    """PEM file of its key."""

    def tls(self) -> tuple[str, str] | None:
        """Certificate and key; raises `BadConfig` where home would be reachable from elsewhere without TLS."""
        if self.tls_cert and self.tls_key:
            return self.tls_cert, self.tls_key
        if self.tls_cert or self.tls_key:
            raise BadConfig("tls_cert and tls_key belong together")
        if not is_loopback(address(self.listen)[0]):
            raise BadConfig(f"listen = {self.listen}: reachable from elsewhere, so tls_cert and tls_key are needed")
        return None

    def check_places(self) -> None:
        """Raises `BadConfig` where keys, database, second copy and recovery would be lost or stolen together."""
        named = {"data": self.data, "keys.folder": self.keys.folder, "keys.second_copy": self.keys.second_copy}
        apart = [("keys.second_copy", "data"), ("keys.second_copy", "keys.folder")]
        if self.keys.recovery:
            named["keys.recovery"] = self.keys.recovery
            apart += [("keys.recovery", other) for other in ("data", "keys.folder", "keys.second_copy")]
        for name, other in apart:
            one, two = named[name].resolve(), named[other].resolve()
            if one == two or one in two.parents or two in one.parents:
                raise BadConfig(
                    f"{name} = {named[name]}: must be elsewhere than {other} = {named[other]}, neither in nor above it; "
                    "best on another disk or host"
                )

    def origin(self) -> str:
        """`url` without path; raises `BadConfig` if it is not an origin."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise BadConfig(f"url = {self.url}: not an origin such as https://samrum.example")
        return f"{parts.scheme}://{parts.netloc}"

    def addresses(self) -> dict[str, str]:
        """The variables of `flows.toml` that home can fill in."""
        known = {"home": self.origin(), "relay.http": self.relay.http, "relay.stream": self.relay.stream}
        if self.livekit:
            known["livekit.ws"] = self.livekit
            known["livekit.http"] = self.livekit.replace("ws", "http", 1)
        return known
