"""The ledger's arithmetic and its verifier, which needs public keys alone.

An entry is one line of JSON as written. h = SHA-256(line); head_n = SHA-256(head_{n-1} | h_n), 32 zero bytes before the
first. Entries hold ids and hashes only.
"""

import hashlib
from collections.abc import Callable, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.wire import jws
from samrum.wire.home_api import LedgerEntry
from samrum.wire.ids import Dev, KeyId, Pid, RoomId
from samrum.wire.statements import Head

FIRST = bytes(32)


class _Entry(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True):
    at: int
    """Seconds since 1970."""


class DeviceCertified(_Entry, tag="device"):
    """Home certified a new device; `key` is SHA-256 of its public key."""

    pid: Pid
    dev: Dev
    key: str


class DeviceEnded(_Entry, tag="device_revoked"):
    """Home revoked a device."""

    pid: Pid
    dev: Dev


class RosterSigned(_Entry, tag="roster"):
    """Home signed a room's roster; `digest` is SHA-256 of the statement."""

    room: RoomId
    version: int
    digest: str


class KeyMade(_Entry, tag="key"):
    """Home made an epoch key; `kc` is its commitment."""

    room: RoomId
    epoch: int
    key_id: KeyId
    kc: str


class ClientServed(_Entry, tag="client"):
    """Home serves another build of the web client; `digest` is over its files."""

    digest: str


Entry = DeviceCertified | DeviceEnded | RosterSigned | KeyMade | ClientServed


class BadLedger(ValueError):
    """The ledger is not what the signed head says. `args[0]` names the reason: signature, gap, head, fork."""


def entry_hash(line: str) -> bytes:
    """The h of one line."""
    return hashlib.sha256(line.encode()).digest()


def next_head(head: bytes, line_hash: bytes) -> bytes:
    """The head after an entry with hash `line_hash`."""
    return hashlib.sha256(head + line_hash).digest()


def verify(
    entries: Sequence[LedgerEntry],
    head: str,
    key_of: Callable[[str], Ed25519PublicKey | None],
    *,
    witnessed: Sequence[str] = (),
) -> Head:
    """The head's statement, if `entries` (from the first on) lead to the signed `head` and to every head that was `witnessed`.

    Raises `BadLedger`.
    """
    try:
        signed = jws.verify(head, Head, key_of)
        others = [jws.verify(one, Head, key_of) for one in witnessed]
    except jws.BadStatement:
        raise BadLedger("signature") from None
    heads, state = [jws.b64(FIRST)], FIRST
    for place, entry in enumerate(entries, 1):
        if entry.n != place:
            raise BadLedger("gap")
        state = next_head(state, entry_hash(entry.line))
        heads.append(jws.b64(state))
    if signed.n != len(entries):
        raise BadLedger("gap")
    if heads[-1] != signed.head:
        raise BadLedger("head")
    if any(other.tenant != signed.tenant or heads[other.n : other.n + 1] != [other.head] for other in others):
        raise BadLedger("fork")
    return signed
