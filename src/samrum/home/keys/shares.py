"""Shares: three people, two of whom restore what `keys.recovery` holds.

The private half of the recovery key is split 2 of 3 by SLIP-0039 (SatoshiLabs; library `shamir-mnemonic`): 33 English words a share, made
to be written on paper, with a checksum of their own. One share says nothing about the key. Home keeps none: after `make` the private
half is only where the three people keep it. A share file is comment lines (`#`) and words; spelt by hand it works the same.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Final

import shamir_mnemonic as slip39  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from samrum.home.config import HomeConfig
from samrum.home.keys import files
from samrum.home.keys.folder import KeyFolder
from samrum.home.keys.recovery import PUBLIC, Sealed
from samrum.plumbing.config import BadConfig, secret
from samrum.wire import jws

NEEDED: Final = 2
MADE: Final = 3
_A_LINE: Final = 11
"""Words of a line in a share's file."""


def make(config: HomeConfig, places: list[Path], *, anew: bool) -> None:
    """Makes the recovery key, writes its three shares, and seals everything to it.

    `anew` replaces an earlier recovery key: its shares then open nothing here any more. Raises `BadConfig`.
    """
    recovery, public_file = config.keys.recovery, config.keys.folder / PUBLIC
    config.check_places()
    if recovery is None or not recovery.is_dir():
        raise BadConfig(
            "keys.recovery must name a folder that exists, on another disk or host: what shares open is kept there"
        )
    if public_file.exists() and not anew:
        raise BadConfig(
            f"{public_file}: shares were made already; --anew makes others, and the old ones open nothing more"
        )
    if len({place.resolve() for place in places}) != MADE or any(place.exists() for place in places):
        raise BadConfig("three different files are needed, none of which exists yet, best on three different sticks")
    KeyFolder(config.keys, config.tenant)  # that can be opened, before anything is changed
    key = X25519PrivateKey.generate()
    (words,) = slip39.generate_mnemonics(1, [(NEEDED, MADE)], key.private_bytes_raw(), iteration_exponent=0)
    for pair in combinations(words, NEEDED):
        if combined(pair).private_bytes_raw() != key.private_bytes_raw():
            raise AssertionError
    for number, place in enumerate(places, 1):
        try:
            files.write_new(place, _file(words[number - 1], number, config))
        except OSError as error:
            raise BadConfig(f"{place}: cannot be written: {error.strerror}") from None
    files.replace(public_file, public(key))
    _seal_all(config)


def public(key: X25519PrivateKey) -> str:
    """What stands in `recovery.pub`."""
    return jws.b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)) + "\n"


def _seal_all(config: HomeConfig) -> None:
    try:
        KeyFolder(config.keys, config.tenant).keep_restorable(anew=True)
    except OSError as error:
        raise BadConfig(
            f"keys.recovery = {config.keys.recovery}: {error.strerror}; run the command again with --anew"
        ) from None


def _file(words: str, number: int, config: HomeConfig) -> str:
    parts = words.split()
    today = dt.datetime.now(dt.UTC).date()
    head = [
        f"# Share {number} of {MADE} of the keys of {config.tenant}, made {today}. Any {NEEDED} open what keys.recovery holds.",
        "# Secret. Keep it apart from the others, and from home. On paper the words are enough.",
    ]
    return "\n".join([*head, *(" ".join(parts[at : at + _A_LINE]) for at in range(0, len(parts), _A_LINE))]) + "\n"


def words_of(place: Path) -> str:
    """The words of a share's file; raises `BadConfig` if others may read it, or if a word is wrong. Never says which words."""
    try:
        lines = secret(place).decode("ascii").splitlines()
        words = " ".join(" ".join(line for line in lines if not line.startswith("#")).lower().split())
        slip39.Share.from_mnemonic(words)
    except (UnicodeDecodeError, slip39.MnemonicError):
        raise BadConfig(f"{place}: is not a whole share: a word is missing, wrong, or in the wrong place") from None
    return words


def number_of(words: str) -> int:
    """Which of the three it is."""
    return int(slip39.Share.from_mnemonic(words).index) + 1


def combined(words: Iterable[str]) -> X25519PrivateKey:
    """The recovery key of two shares; raises `BadConfig`."""
    try:
        return X25519PrivateKey.from_private_bytes(slip39.combine_mnemonics(words))
    except (slip39.MnemonicError, ValueError):
        raise BadConfig("these are not two different shares of one key") from None


def check(places: list[Path], recovery: Path | None) -> list[str]:
    """Sentences about one share, or about two and what they open; raises `BadConfig`."""
    words = [words_of(place) for place in places]
    said = [f"{place}: share {number_of(one)} of {MADE}, whole" for place, one in zip(places, words, strict=True)]
    if len(words) < NEEDED:
        return [*said, f"With {NEEDED} shares and keys.recovery this command tells what they open."]
    if recovery is None:
        raise BadConfig("--recovery or keys.recovery must name the folder of what the shares open")
    sealed = Sealed(recovery, combined(words[:NEEDED]))
    for name in sealed.names():
        sealed.open(name)
    months = sorted(
        name.removeprefix("period-").removesuffix(".key") for name in sealed.names() if name.startswith("period-")
    )
    return [*said, f"They open the signing key and {len(months)} period keys ({', '.join(months) or 'none yet'})."]
