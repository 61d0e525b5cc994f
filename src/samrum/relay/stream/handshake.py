"""Who may enter: a grant by home, and proof that the device holds the key that the grant names. No input or output."""

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature

from samrum.relay.errors import Refusal
from samrum.relay.tenants.registry import Registry
from samrum.wire import jws
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, Pid, TenantId
from samrum.wire.statements import Grant
from samrum.wire.stream import VERSION, Hello, Nonce, Proof, Renew, hello_bytes


class Handshake:
    """One connection's way in. `origin` is the page that opened it, as the browser states it."""

    def __init__(self, registry: Registry, origin: str, now: Callable[[], float]) -> None:
        self._registry, self._origin, self._now = registry, origin, now
        self._nonce = b""
        self._statement = ""
        self.grant: Grant | None = None
        """Checked, but not yet proven before `proof` has returned."""

    def hello(self, frame: Hello) -> Nonce:
        """The nonce to sign; raises `Refusal`."""
        if frame.v != VERSION:
            raise Refusal(Code.UNSUPPORTED)
        grant = self._registry.grant(frame.grant, self._now())
        if not self._registry.knows_origin(grant.iss, self._origin):
            raise Refusal(Code.BAD_ORIGIN)
        self.grant, self._statement = grant, frame.grant
        self._nonce = secrets.token_bytes(32)
        return Nonce(nonce=self._nonce)

    def proof(self, frame: Proof) -> tuple[Grant, bytes]:
        """The proven grant and the raw key that it names; raises `Refusal`."""
        assert self.grant is not None
        key = jws.key_of_jwk(self.grant.cnf.jwk)
        signed = hello_bytes(self.grant.iss, self.grant.dev, self._statement, self._nonce, self._origin)
        try:
            key.verify(frame.sig, signed)
        except InvalidSignature:
            raise Refusal(Code.BAD_SIGNATURE) from None
        return self.grant, key.public_bytes_raw()


def renew(registry: Registry, frame: Renew, now: float, *, tenant: TenantId, pid: Pid, dev: Dev, key: bytes) -> Grant:
    """A newer grant of the same device and key; raises `Refusal`."""
    newer = registry.grant(frame.grant, now)
    theirs = jws.key_of_jwk(newer.cnf.jwk).public_bytes_raw()
    if (newer.iss, newer.sub, newer.dev, theirs) != (tenant, pid, dev, key):
        raise Refusal(Code.BAD_GRANT)
    return newer
