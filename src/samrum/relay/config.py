"""Relay's configuration: `relay.toml`."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from samrum.plumbing import config
from samrum.plumbing.config import BadConfig


class LiveKitConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The media engine of this operator."""

    url: str
    """LiveKit's API as relay reaches it: `http://host:port`."""
    public: str
    """LiveKit's signalling as browsers reach it: `ws://…` on loopback, else `wss://…`."""
    keys: str
    """File with LiveKit's API key in LiveKit's own format, one line `key: secret`; 0600."""


class S3Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bucket behind S3's interface."""

    endpoint: str
    """`https://host`, or on loopback `http://host:port`; the bucket's name comes after it."""
    bucket: str
    region: str = "us-east-1"
    keys: str
    """File with one line `access key: secret`; 0600."""
    ca: str | None = None
    """File with certificates (PEM) that are trusted beside the system's."""


class RelayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One relay."""

    http: str
    """Where HTTP listens: `host:port`."""
    stream: str
    """Where the stream listens: `host:port`."""
    data: str
    """Folder of the database."""
    objects: str | S3Config
    """Where sealed files are kept: a folder (made at start), or a table `[objects]` for a bucket. Nobody else may write there."""
    tenants: str
    """JSON file: the authorities registered with this relay, each `{tenant, keys: [{kid, jwk, iat}], origins}`."""
    livekit: LiveKitConfig | None = None
    """Without it everything but meetings works."""
    tls_cert: str | None = None
    """Certificate chain (PEM). Required wherever relay listens beyond this machine."""
    tls_key: str | None = None
    """Private key of the certificate (PEM, 0600)."""

    @property
    def tls(self) -> tuple[str, str] | None:
        """Certificate and key, if both are given."""
        return (self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None


def read(path: Path) -> RelayConfig:
    """The checked configuration in `path`; raises `BadConfig`."""
    found = config.read(path, RelayConfig)
    if (found.tls_cert is None) != (found.tls_key is None):
        raise BadConfig(f"{path}: tls_cert and tls_key go together")
    if isinstance(found.objects, S3Config):
        endpoint = urlsplit(found.objects.endpoint)
        secure = endpoint.scheme == "https" or (
            endpoint.scheme == "http" and config.is_loopback(endpoint.hostname or "")
        )
        if not secure or not endpoint.hostname:
            raise BadConfig(f"{path}: objects.endpoint is https://…, or http://… on this machine")
    if found.tls is None:
        for name, address in (("http", found.http), ("stream", found.stream)):
            host, _ = config.address(address)
            if not config.is_loopback(host):
                raise BadConfig(f"{path}: {name} listens beyond this machine, so tls_cert and tls_key are needed")
        if found.livekit and not config.is_loopback(urlsplit(found.livekit.public).hostname or ""):
            raise BadConfig(f"{path}: livekit.public is for other machines, so tls_cert and tls_key are needed")
    return found


def key_pair(path: Path) -> tuple[str, str]:
    """Key and secret from a file in LiveKit's own form (`key: secret`, the first such line); raises `BadConfig`."""
    for line in config.secret(path).decode("utf-8", "replace").splitlines():
        key, colon, secret = line.partition(":")
        if colon and key.strip() and secret.strip():
            return key.strip(), secret.strip().strip("\"'")
    raise BadConfig(f"{path}: holds no line `key: secret`")
