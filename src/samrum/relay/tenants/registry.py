"""Who the tenants are, and checking what they sign."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.plumbing.config import BadConfig
from samrum.relay.errors import Refusal
from samrum.wire import jws
from samrum.wire.base import Jwk, Wire
from samrum.wire.codes import Code
from samrum.wire.ids import TenantField, TenantId
from samrum.wire.statements import Grant, Time

SKEW_SECONDS: Final = 60
"""How far a statement's `iat` may be ahead of relay's clock."""


class TenantKey(Wire):
    """One of a tenant's signing keys."""

    kid: str
    jwk: Jwk
    iat: Time


class Registration(Wire):
    """One entry of `tenants.json`."""

    tenant: TenantField
    keys: list[TenantKey]
    origins: list[str]


S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class _Tenant:
    keys: dict[str, Ed25519PublicKey]
    origins: frozenset[str]


class Registry:
    """The registered tenants."""

    def __init__(self, registrations: list[Registration]) -> None:
        self.tenants = {
            one.tenant: _Tenant({key.kid: jws.key_of_jwk(key.jwk) for key in one.keys}, frozenset(one.origins))
            for one in registrations
        }
        self._names = {tenant: tenant for tenant in self.tenants}
        self.origins = frozenset(origin for one in registrations for origin in one.origins)

    def name(self, tenant: TenantId) -> TenantId:
        """The same id, as one string for all who hold it."""
        return self._names.get(tenant, tenant)

    def knows_origin(self, tenant: TenantId, origin: str) -> bool:
        """Whether the tenant's pages may come from `origin`."""
        return tenant in self.tenants and origin in self.tenants[tenant].origins

    def verify(self, statement: str, want: type[S], tenant: TenantId) -> S:
        """The payload of a statement by that tenant; raises `BadStatement`, also if it names another tenant."""
        known = self.tenants.get(tenant)
        if known is None:
            raise jws.BadStatement
        payload = jws.verify(statement, want, known.keys.get)
        if getattr(payload, "tenant", tenant) != tenant:
            raise jws.BadStatement
        return payload

    def grant(self, statement: str, now: float) -> Grant:
        """The grant, if it opens relay now; raises `Refusal`. Revocations are another question."""
        try:
            grant = self.verify(statement, Grant, jws.peek(statement, Grant).iss)
            jws.key_of_jwk(grant.cnf.jwk)
        except jws.BadStatement:
            raise Refusal(Code.BAD_GRANT) from None
        if grant.aud != "relay" or grant.lobby is not None or grant.iat > now + SKEW_SECONDS:
            raise Refusal(Code.BAD_GRANT)
        if grant.exp <= now:
            raise Refusal(Code.GRANT_EXPIRED)
        return grant


def read(path: Path) -> Registry:
    """The registry in the JSON file `path`; raises `BadConfig`."""
    try:
        return Registry(msgspec.json.decode(path.read_bytes(), type=list[Registration]))
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise BadConfig(f"{path}: {error}") from None
    except jws.BadStatement:
        raise BadConfig(f"{path}: a key is not an Ed25519 public key") from None
