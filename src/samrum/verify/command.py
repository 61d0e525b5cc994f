"""The command `samrum ledger verify`: from what was asked to a sentence and an exit code."""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from samrum.verify import fetch
from samrum.verify import ledger as books
from samrum.wire import jws
from samrum.wire.ledger import BadLedger


@dataclass(frozen=True)
class Asked:
    """The command's arguments."""

    file: Path | None
    keys: Path | None
    witness: str | None
    home: str | None
    relay: str | None
    user: str | None


class _Unclear(Exception):
    """It cannot be checked; `args[0]` says why."""


def run(asked: Asked) -> int:
    """Prints a line that says what was found; returns 0 for a whole ledger, 1 for a bad one, 2 if it could not be checked."""
    try:
        sys.stdout.write(_whole(asked) + "\n")
    except BadLedger as error:
        sys.stderr.write(f"{error.word}: {books.WORDS[error.word]}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        return 2
    except (_Unclear, fetch.NotFetched) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _whole(asked: Asked) -> str:
    authority, witnessed = _authority(asked), _witness(asked.witness)
    book, now = None, None
    if asked.file is not None:
        with asked.file.open("rb") as file:
            book = books.read(file)
    if asked.home is not None and (book is None or asked.relay is not None):
        if asked.user is None:
            raise _Unclear("--user is missing: home shows its ledger to those who are signed in")
        password, now = typer.prompt("Password", hide_input=True, err=True), time.time()
        with fetch.Visitor(asked.home, asked.user, password) as visitor:
            # The witness first: home never shows less than relay has seen.
            witnessed = witnessed or (visitor.witnessed(asked.relay, authority) if asked.relay else None)
            book = book or visitor.book(now)
    if book is None:
        raise _Unclear("FILE or --home is missing: there is nothing to verify")
    head = books.check(book, authority, witnessed=witnessed, now=now if asked.relay and not asked.file else None)
    signed = datetime.fromtimestamp(head.iat, UTC).isoformat(timespec="seconds")
    by = "witnessed" if witnessed else "not compared with a witness"
    return f"whole: {head.n} entries, head {head.head} signed {signed}, {by}"


def _authority(asked: Asked) -> books.Authority:
    if asked.keys is None and asked.home is None:
        raise _Unclear("--keys or --home is missing: whose ledger is it?")
    if asked.keys is None:
        assert asked.home is not None
        return fetch.public_keys(asked.home)
    try:
        found = msgspec.json.decode(asked.keys.read_bytes(), type=books.Authority)
        for key in found.keys:
            jws.key_of_jwk(key.jwk)
    except (msgspec.MsgspecError, jws.BadStatement):
        raise _Unclear(f"{asked.keys}: not the public keys of an authority") from None
    return found


def _witness(given: str | None) -> str | None:
    """The statement, or what the file of that name holds (a bare statement, or relay's answer)."""
    if given is None or given.startswith("eyJ"):
        return given
    text = Path(given).read_text("ascii", errors="replace").strip()
    try:
        return msgspec.json.decode(text, type=dict[str, str])["jws"]
    except (msgspec.MsgspecError, KeyError):
        return text
