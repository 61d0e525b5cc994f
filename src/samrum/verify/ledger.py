"""`samrum ledger verify`: whether an export of the ledger is what home signed and what relay witnessed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from samrum.wire import jws, ledger
from samrum.wire.base import Jwk
from samrum.wire.home_api import LedgerEntry
from samrum.wire.ids import TenantField, TenantId
from samrum.wire.ledger import BadLedger
from samrum.wire.statements import Head

LATE_SECONDS: Final = 300
"""Home signs every minute and hands over at once; what is older by more than this is held back."""

WORDS: Final = {
    "signature": "a head is not signed by this authority's keys",
    "truncated": "entries are missing, or one is cut in the middle",
    "reordered": "entries stand in another order than the one that was signed",
    "rewritten": "an entry says something else than what was signed",
    "fork": "the witness saw another ledger than this one",
    "stale": "home shows an older head than it should: newer entries, or a newer head, exist",
    "witness_stale": "the witness shows a head that is more than five minutes behind home's",
}
"""What can be wrong, and a sentence for it."""


class _Key(msgspec.Struct):
    kid: str
    jwk: Jwk


class Authority(msgspec.Struct):
    """The authority's public side: the answer of home's `GET /keys.json`, or what `samrum home registration` prints."""

    tenant: TenantField
    keys: list[_Key]

    def key_of(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id; raises `BadStatement` if it is none."""
        return next((jws.key_of_jwk(key.jwk) for key in self.keys if key.kid == kid), None)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    n: int | None = None
    line: str | None = None
    head: str | None = None


class _Entry(msgspec.Struct):
    at: int


@dataclass
class Book:
    """A ledger as somebody shows it: all entries, and the signed head."""

    head: str
    entries: list[LedgerEntry] = field(default_factory=list)


def read(lines: Iterable[bytes]) -> Book:
    """The book in an export; raises `BadLedger` (`truncated`) if it does not end with a head, or a line is cut."""
    book, decoder = Book(""), msgspec.json.Decoder(_Line)
    for data in lines:
        try:
            one = decoder.decode(data)
        except msgspec.MsgspecError:
            raise BadLedger("gap", "truncated") from None
        if book.head or (one.head is None) == (one.n is None or one.line is None):
            raise BadLedger("gap", "truncated")
        if one.head is not None:
            book.head = one.head
        else:
            assert one.n is not None
            assert one.line is not None
            book.entries.append(LedgerEntry(n=one.n, line=one.line))
    if not book.head:
        raise BadLedger("gap", "truncated")
    return book


def check(book: Book, authority: Authority, *, witnessed: str | None = None, now: float | None = None) -> Head:
    """The head's statement if the book holds; raises `BadLedger`. With `now` (s), what is late is a fault too."""
    head = ledger.verify(book.entries, book.head, authority.key_of, witnessed=[] if witnessed is None else [witnessed])
    if head.tenant != TenantId(authority.tenant):
        raise BadLedger("signature")
    if now is not None:
        seen = jws.verify(witnessed, Head, authority.key_of).n if witnessed is not None else 0
        if seen < head.n and _at(book.entries[seen]) < now - LATE_SECONDS:
            raise BadLedger("fork", "witness_stale")
    return head


def _at(entry: LedgerEntry) -> int:
    try:
        return msgspec.json.decode(entry.line, type=_Entry).at
    except msgspec.MsgspecError:
        raise BadLedger("head", "rewritten") from None


def late(entries: list[LedgerEntry], now: float) -> bool:
    """Whether one of these, which no signed head covers, is older than it may be; raises `BadLedger`."""
    return any(_at(entry) < now - LATE_SECONDS for entry in entries)
