"""Home's configuration (`home.toml`)."""

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from samrum.home.flows.smtp import MailServer, Security
from samrum.plumbing.config import BadConfig, address, is_loopback, secret
from samrum.wire.ids import TenantField

_MAIL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


def is_mail(text: str) -> bool:
    """Whether `text` is a mail address as every server takes it (RFC 5321 without quotes, literals and extensions)."""
    return len(text) <= 254 and _MAIL.fullmatch(text) is not None


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


class MailConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Missed-activity mail (`mail/`). Without it none is sent."""

    sender: str
    """`From`, such as `Samrum <samrum@stad.example>`."""
    reply_to: str | None = None
    """Where answers go; without it, to `sender`."""
    smtp: str | None = None
    """`host:port` of the authority's mail server."""
    folder: Path | None = None
    """Instead of a server: a folder that letters are written to, for trying Samrum out."""
    security: Security = "starttls"
    """How the connection is made safe: `starttls`, `tls` from the first byte, or `none`, which only this machine's own server may have."""
    ca: Path | None = None
    """PEM file of the only authority whose certificates are taken; without it, the system's."""
    user: str | None = None
    """Log-in at the mail server, where it wants one."""
    password: Path | None = None
    """File of its password, 0600."""
    content: Literal["none", "names", "text"] = "none"
    """What letters hold: how many of what · also who and in which room · also the beginning of each message."""
    language: Literal["sv", "en", "de"] = "sv"
    """For people who have chosen none."""
    timezone: str = "Europe/Stockholm"
    """In which people's quiet hours are meant."""

    def check(self) -> None:
        """Raises `BadConfig` where no letter could be sent, or one would go in the clear."""
        if (self.smtp is None) == (self.folder is None):
            raise BadConfig("[mail] needs either smtp or folder")
        if self.smtp and self.security == "none" and not is_loopback(address(self.smtp)[0]):
            raise BadConfig(f"mail.smtp = {self.smtp}: on another machine, so mail.security must be starttls or tls")
        if (self.user is None) != (self.password is None):
            raise BadConfig("mail.user and mail.password belong together")
        for name, value in (("sender", self.sender), ("reply_to", self.reply_to or self.sender)):
            if not is_mail(parseaddr(value)[1]) or not value.isprintable():
                raise BadConfig(f"mail.{name} = {value}: not an address such as Samrum <samrum@stad.example>")
        self.zone()

    def zone(self) -> ZoneInfo:
        """`timezone`; raises `BadConfig` if there is none of that name."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise BadConfig(f"mail.timezone = {self.timezone}: no such time zone, such as Europe/Stockholm") from None

    def server(self, hello: str) -> MailServer | None:
        """How to get to the mail server; `None` where letters go to a folder. Raises `BadConfig`."""
        if self.smtp is None:
            return None
        host, port = address(self.smtp)
        password = secret(self.password).decode().strip() if self.password else None
        ca = str(self.ca) if self.ca else None
        return MailServer(host, port, self.security, hello, ca=ca, user=self.user, password=password)


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
    mail: MailConfig | None = None
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
        if self.mail and self.mail.smtp:
            host, port = address(self.mail.smtp)
            known["mail.smtp"] = f"smtp://{host}:{port}"
        return known
