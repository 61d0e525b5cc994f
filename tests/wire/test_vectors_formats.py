"""Every other format against vectors that were not made by our code (vectors/make): what is good reads as it says, what is bad is
refused with the one error of its parser.
"""

import hashlib

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature

from samrum.wire import content, envelope, home_api, ids, jws, keys, ledger, statements, stream
from tests.wire.vectors import load

STATEMENTS = load("statements")
KIND_OF = {
    kind.TYP: kind
    for kind in vars(statements).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and hasattr(kind, "TYP")
}
SIGNERS = {one["kid"]: jws.key_of_jwk(jws.Jwk(**one["jwk"])) for one in STATEMENTS["signers"].values()}
SIDES = {"client": stream.CLIENT, "relay": stream.RELAY}


def each(cases):
    return pytest.mark.parametrize("case", [pytest.param(one, id=one["name"]) for one in cases])


def of_kinds(what):
    return pytest.mark.parametrize(
        ("typ", "case"),
        [
            pytest.param(typ, one, id=f"{typ} {one['name']}")
            for typ, kind in STATEMENTS["kinds"].items()
            for one in kind[what]
        ],
    )


def plain(value):
    """A vector's value, with {"hex": …} as bytes."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "name",
    [
        "statements",
        "frames",
        "content",
        "ids",
        "media",
        "ledger",
        "keys",
        "ed25519",
        "envelope",
        "jws",
        "roster",
        "snapshot",
    ],
)
def test_at_least_half_is_negative(name):
    def count(value, good, bad):
        if isinstance(value, dict):
            for key, one in value.items():
                if key in ("good", "chain", "newer"):
                    good += len(one) if isinstance(one, list) else 1
                elif key in ("bad", "unparsable", "signature_fails"):
                    bad += len(one)
                elif key in ("keys", "signatures") and name == "ed25519":
                    good += sum(case["holds"] for case in one)
                    bad += sum(not case["holds"] for case in one)
                else:
                    good, bad = count(one, good, bad)
        return good, bad

    good, bad = count(load(name), 0, 0)
    assert bad >= good > 0


# Statements


def test_every_kind_of_statement_has_vectors():
    assert set(STATEMENTS["kinds"]) == set(KIND_OF) - {"samrum-roster"}  # the roster has a file of its own


@of_kinds("good")
def test_statement_holds(typ, case):
    want = KIND_OF[typ]
    assert jws.verify(case["jws"], want, SIGNERS.get) == msgspec.convert(case["payload"], want)
    assert jws.peek(case["jws"], want) == msgspec.convert(case["payload"], want)
    assert jws.peek_kid(case["jws"]) == STATEMENTS["signers"][STATEMENTS["kinds"][typ]["signer"]]["kid"]


@of_kinds("bad")
def test_statement_is_refused(typ, case):
    with pytest.raises(jws.BadStatement) as caught:
        jws.verify(case["jws"], KIND_OF[typ], SIGNERS.get)
    assert str(caught.value) == ""


def test_a_roster_as_large_as_home_may_make_one():
    """The library's own limit was below it once."""
    key = envelope.Ed25519PrivateKey.generate()
    roster = statements.Roster(
        tenant=ids.new_tenant(), room=ids.new_room(), version=1, prev=jws.FIRST, at=1, policy=statements.Policy(kind="group"),
        epoch=statements.Epoch(n=1, key_id=ids.new_key_id(), kc=jws.FIRST),
        add=[statements.MemberEntry(pid=ids.new_pid(), role="member", until=1) for _ in range(home_api.MAX_MEMBERS)],
    )  # fmt: skip
    assert jws.verify(jws.sign(roster, ids.new_key_id(), key), statements.Roster, lambda _: key.public_key()) == roster


# Keys and signatures at the edges of Ed25519


@each(load("ed25519")["keys"])
def test_public_key(case):
    jwk = jws.Jwk(kty="OKP", crv="Ed25519", x=case["x"])
    if case["holds"]:
        assert jws.jwk_of(jws.key_of_jwk(jwk)) == jwk
    else:
        with pytest.raises(jws.BadStatement):
            jws.key_of_jwk(jwk)


@each(load("ed25519")["signatures"])
def test_signature(case):
    key = jws.key_of_jwk(jws.Jwk(kty="OKP", crv="Ed25519", x=case["x"]))
    try:
        key.verify(bytes.fromhex(case["signature"]), bytes.fromhex(case["message"]))
    except InvalidSignature:
        assert not case["holds"]
    else:
        assert case["holds"]


# Frames


@each(load("frames")["good"])
def test_frame_reads_and_writes(case):
    data, side = bytes.fromhex(case["frame"]), SIDES[case["side"]]
    want = msgspec.convert(plain(case["body"]), side[case["type"]])
    assert want.__class__.__name__ == case["name"]
    assert stream.decode(data, side) == want
    assert stream.encode(want) == data


@each(load("frames")["bad"])
def test_frame_is_refused(case):
    with pytest.raises(stream.BadFrame):
        stream.decode(bytes.fromhex(case["frame"]), SIDES[case["side"]])


def test_every_frame_has_vectors():
    found = {(one["side"], one["type"]) for one in load("frames")["good"]}
    assert found == {(side, kind) for side, kinds in SIDES.items() for kind in kinds}


# Content


@each(load("content")["good"])
def test_content_reads(case):
    assert content.unpad(bytes.fromhex(case["padded"])) == msgspec.convert(plain(case["content"]), content.Content)


@each(load("content")["kinds"])
def test_content_of_a_kind(case):
    assert content.fits(case["kind"], content.unpad(bytes.fromhex(case["padded"]))) is case["fits"]


@each(load("content")["bad"] + load("content")["newer"])
def test_content_is_refused(case):
    with pytest.raises(content.BadContent):
        content.unpad(bytes.fromhex(case["padded"]))


# Ids


@each([one | {"name": one["text"]} for one in load("ids")["good"]])
def test_id_reads_and_writes(case):
    assert ids.raw(case["text"], case["kind"]) == bytes.fromhex(case["raw"])
    assert ids.text(case["kind"], bytes.fromhex(case["raw"])) == case["text"]
    assert msgspec.json.decode(msgspec.json.encode({"room": case["text"]})) == {"room": case["text"]}


@each(load("ids")["bad"])
def test_id_is_refused(case):
    with pytest.raises(ids.BadId):
        ids.raw(case["text"], case["kind"])
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(case["text"], ids.PidField)


@each([one | {"name": one["text"]} for one in load("ids")["identity"]["good"]] + load("ids")["identity"]["bad"])
def test_identity(case):
    if "class" not in case:
        assert ids.split_identity(case["text"]) == (case["pid"], case["dev"])
    else:
        with pytest.raises(ids.BadId):
            ids.split_identity(case["text"])


# Keys


@pytest.mark.parametrize("case", load("keys")["commitments"])
def test_commitment(case):
    assert jws.b64(keys.commitment(bytes.fromhex(case["key"]))) == case["kc"]


def test_key_request():
    request = load("keys")["request"]
    key = jws.key_of_jwk(jws.Jwk(**request["jwk"]))
    proof = jws.verify(request["proof"], statements.Proof, {request["kid"]: key}.get)
    assert (proof.htm, proof.path) == ("POST", "/keys")
    assert proof.bh == jws.b64(hashlib.sha256(request["body"].encode()).digest())


@each(load("keys")["good"])
def test_key_body_reads(case):
    kind = getattr(home_api, case["kind"])
    assert msgspec.json.decode(case["text"], type=kind) == msgspec.convert(case["value"], kind)


@each(load("keys")["bad"])
def test_key_body_is_refused(case):
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(case["text"], type=getattr(home_api, case["kind"]))


@each(load("media")["good"])
def test_media_base(case):
    made = keys.media_base(bytes.fromhex(case["day_key"]), case["room"], case["epoch"], case["day"])
    assert made.hex() == case["base"]
    for other in (case["epoch"] + 1, case["day"]), (case["epoch"], case["day"] + 1):
        assert keys.media_base(bytes.fromhex(case["day_key"]), case["room"], *other) != made


# The ledger, as home verifies it and as relay recomputes it


def ledger_key(kid):
    home = load("ledger")["home"]
    return jws.key_of_jwk(jws.Jwk(**home["jwk"])) if kid == home["kid"] else None


def ledger_entries(case):
    return [home_api.LedgerEntry(**one) for one in case["entries"]]


@each(load("ledger")["good"])
def test_ledger_holds(case):
    found = ledger.verify(ledger_entries(case), case["head"], ledger_key, witnessed=case["witnessed"])
    assert found.n == len(case["entries"])


@each(load("ledger")["bad"])
def test_ledger_is_refused(case):
    with pytest.raises(ledger.BadLedger) as caught:
        ledger.verify(ledger_entries(case), case["head"], ledger_key, witnessed=case["witnessed"])
    assert caught.value.args[0] == case["class"]


def test_ledger_arithmetic():
    whole = load("ledger")
    assert [ledger.entry_hash(one["line"]) for one in whole["entries"]] == whole["hashes"]
    for n, head in enumerate(whole["heads"]):
        assert ledger.extend(whole["heads"][0], whole["hashes"][:n]) == head
        assert ledger.extend(whole["heads"][n], whole["hashes"][n:]) == whole["heads"][-1]
