"""Every other format against vectors that were not made by our code (vectors/make): what is good reads as it says, what is bad is
refused with the one error of its parser.
"""

import hashlib
import json

import msgspec
import pytest

from samrum.wire import jws, statements
from tests.wire.vectors import load

STATEMENTS = load("statements")
KIND_OF = {
    kind.TYP: kind
    for kind in vars(statements).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and hasattr(kind, "TYP")
}
KEYS = {one["kid"]: jws.key_of_jwk(jws.Jwk(**one["jwk"])) for one in STATEMENTS["signers"].values()}


def cases(what):
    return [
        pytest.param(typ, one, id=f"{typ} {one['name']}")
        for typ, kind in STATEMENTS["kinds"].items()
        for one in kind[what]
    ]


def test_every_kind_of_statement_has_vectors():
    assert set(STATEMENTS["kinds"]) == set(KIND_OF) - {"samrum-roster"}  # the roster has a file of its own


@pytest.mark.parametrize(("typ", "case"), cases("good"))
def test_statement_holds(typ, case):
    want = KIND_OF[typ]
    assert jws.verify(case["jws"], want, KEYS.get) == msgspec.convert(case["payload"], want)
    assert jws.peek_kid(case["jws"]) == STATEMENTS["signers"][STATEMENTS["kinds"][typ]["signer"]]["kid"]
    assert jws.peek(case["jws"], want) == msgspec.convert(case["payload"], want)


@pytest.mark.parametrize(("typ", "case"), cases("bad"))
def test_statement_is_refused(typ, case):
    with pytest.raises(jws.BadStatement) as caught:
        jws.verify(case["jws"], KIND_OF[typ], KEYS.get)
    assert str(caught.value) == ""
