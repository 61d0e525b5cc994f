"""The ledger's arithmetic and its verifier, which needs public keys alone.

An entry is one line of JSON as written. h = SHA-256(line); head_n = SHA-256(head_{n-1} | h_n), 32 zero bytes before the
first. Home appends with it, relay witnesses with it, and whoever likes verifies with it. Hashes are base64url here.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.wire import jws
from samrum.wire.statements import Head

FIRST = jws.FIRST
"""The head of a ledger without entries."""


class Entry(Protocol):
    """One line of the ledger as written, and its place (from 1)."""

    n: int
    line: str


class BadLedger(ValueError):
    """The ledger is not what the signed head says.

    `args[0]` is the rule that breaks: signature, gap, head, fork. `word` tells more of what was done: `signature`,
    `truncated`, `reordered`, `rewritten`, `fork`, or `stale` for a head that is older than it should be.
    """

    def __init__(self, rule: str, word: str | None = None) -> None:
        super().__init__(rule)
        self.word = word or rule


def entry_hash(line: str) -> str:
    """The h of one line."""
    return jws.b64(hashlib.sha256(line.encode()).digest())


def extend(head: str, hashes: Iterable[str]) -> str:
    """The head after entries with these hashes, from the head before them; raises `jws.BadStatement` for what is no hash."""
    value = jws.unb64(head)
    for one in hashes:
        value = hashlib.sha256(value + jws.unb64(one)).digest()
    return jws.b64(value)


def verify(
    entries: Sequence[Entry],
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
    heads = [FIRST]
    for place, entry in enumerate(entries, 1):
        if entry.n != place:
            raise BadLedger("gap", _gap(entries, signed.n))
        heads.append(extend(heads[-1], [entry_hash(entry.line)]))
    if signed.n != len(entries):
        raise BadLedger("gap", _gap(entries, signed.n))
    if heads[-1] != signed.head:
        raise BadLedger("head", _change(entries))
    for other in others:
        if other.tenant != signed.tenant or heads[other.n : other.n + 1] != [other.head]:
            raise BadLedger("fork", "stale" if other.tenant == signed.tenant and other.n > signed.n else "fork")
    return signed


def _gap(entries: Sequence[Entry], n: int) -> str:
    """What was done to entries whose numbers do not run 1, 2, …, n."""
    numbers = [entry.n for entry in entries]
    if sorted(numbers) == list(range(1, n + 1)):
        return "reordered"
    return "stale" if numbers == list(range(1, len(numbers) + 1)) and len(numbers) > n else "truncated"


def _change(entries: Sequence[Entry]) -> str:
    """What was done to entries that are numbered well and lead elsewhere: a guess, from what their lines say."""
    times = []
    for entry in entries:
        try:
            times.append(json.loads(entry.line)["at"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return "truncated"
    try:
        return "rewritten" if times == sorted(times) else "reordered"
    except TypeError:
        return "rewritten"
