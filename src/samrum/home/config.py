"""Home's configuration (`home.toml`)."""

from pathlib import Path
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
    keys: Path
    """Folder of secrets (`keys/folder.py`), for home's own account alone."""
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
