"""Who may enter: a grant by home, and proof that the device holds the key that the grant names. No input or output."""

import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.relay.errors import Refusal
from samrum.relay.tenants.registry import Registry
from samrum.wire import jws
from samrum.wire.codes import Code
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

    def proof(self, frame: Proof) -> tuple[Grant, Ed25519PublicKey]:
        """The proven grant and its key; raises `Refusal`."""
        assert self.grant is not None
        key = jws.key_of_jwk(self.grant.cnf.jwk)
        signed = hello_bytes(self.grant.iss, self.grant.dev, self._statement, self._nonce, self._origin)
        try:
            key.verify(frame.sig, signed)
        except InvalidSignature:
            raise Refusal(Code.BAD_SIGNATURE) from None
        return self.grant, key

    def renew(self, frame: Renew) -> Grant:
        """A newer grant of the same device and key; raises `Refusal`."""
        assert self.grant is not None
        newer = self._registry.grant(frame.grant, self._now())
        mine = (self.grant.iss, self.grant.sub, self.grant.dev, self.grant.cnf)
        if (newer.iss, newer.sub, newer.dev, newer.cnf) != mine:
            raise Refusal(Code.BAD_GRANT)
        self.grant = newer
        return newer
