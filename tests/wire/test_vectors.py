"""Our formats against vectors that were not made by our code (see vectors/make)."""

import msgspec
import pytest

from samrum.wire import aead, content, envelope, ids, jws, keys
from samrum.wire.chain import BadRoster, RoomState, begin
from samrum.wire.statements import Cert, Past, Roster, Snapshot, members_hash
from tests.wire.vectors import load

AEAD = load("aead")["vectors"]
JWS = load("jws")
ROSTER = load("roster")
SNAPSHOT = load("snapshot")
ENVELOPE = load("envelope")


def key_of(file):
    key = jws.key_of_jwk(jws.Jwk(**file["home"]["jwk"]))
    return lambda kid: key if kid == file["home"]["kid"] else None


@pytest.mark.parametrize("case", AEAD, ids=lambda case: case["name"])
def test_aead_opens_what_tink_sealed(case):
    key, aad, plain, header, sealed = (
        bytes.fromhex(case[part]) for part in ("key", "aad", "plain", "header", "sealed")
    )
    assert aead.open_sealed(key, aad, header, sealed, case["segment"]) == plain
    own_header, own = aead.seal(key, aad, plain, case["segment"])
    assert len(own) == len(sealed)
    assert aead.open_sealed(key, aad, own_header, own, case["segment"]) == plain


@pytest.mark.parametrize("case", AEAD, ids=lambda case: case["name"])
def test_aead_refuses_changed_bytes(case):
    key, aad, header, sealed = (bytes.fromhex(case[part]) for part in ("key", "aad", "header", "sealed"))
    size = case["segment"]
    cut_at_segment = sealed[: size - 40]
    swapped = (
        sealed[: size - 40]
        + sealed[2 * size - 40 : 3 * size - 40]
        + sealed[size - 40 : 2 * size - 40]
        + sealed[3 * size - 40 :]
    )
    changed = [
        (key, aad, header, sealed[:-1]),
        (key, aad, header, sealed + b"\0"),
        (key, aad + b"\0", header, sealed),
        (key[::-1], aad, header, sealed),
        (key, aad, header[:5] + bytes([header[5] ^ 1]) + header[6:], sealed),
        (key, aad, header[:-1] + bytes([header[-1] ^ 1]), sealed),
        (key, aad, b"\x29" + header[1:], sealed),
        *([(key, aad, header, cut_at_segment)] if cut_at_segment != sealed else []),
        *([(key, aad, header, swapped)] if swapped != sealed else []),
    ]
    for one in changed:
        with pytest.raises(aead.CannotOpen):
            aead.open_sealed(*one, size)


def test_jws_good():
    assert jws.verify(JWS["good"], Cert, key_of(JWS)) == msgspec.convert(JWS["payload"], Cert)


@pytest.mark.parametrize("name", JWS["bad"])
def test_jws_bad(name):
    with pytest.raises(jws.BadStatement):
        jws.verify(JWS["bad"][name], Cert, key_of(JWS))


def state_of(file, steps):
    state = RoomState(file["tenant"], file["room"])
    for step in file["chain"][:steps]:
        state = state.apply(jws.verify(step["jws"], Roster, key_of(file)), step["jws"])
    return state


@pytest.mark.parametrize("version", range(1, len(ROSTER["chain"]) + 1))
def test_roster_chain(version):
    state, step = state_of(ROSTER, version), ROSTER["chain"][version - 1]
    assert state.epoch is not None
    assert (state.version, state.head, state.members_hash(), state.epoch.n) == (
        version,
        step["head"],
        step["members"],
        step["epoch"],
    )


@pytest.mark.parametrize("name", ROSTER["bad"])
def test_roster_that_does_not_follow(name):
    state, statement = state_of(ROSTER, 4), ROSTER["bad"][name]
    with pytest.raises((BadRoster, jws.BadStatement)):
        state.apply(jws.verify(statement, Roster, key_of(ROSTER)), statement)
    assert state.apply(jws.verify(ROSTER["quiet"], Roster, key_of(ROSTER)), ROSTER["quiet"]).version == 5


def begun(snapshot=SNAPSHOT["snapshot"], members=SNAPSHOT["list"]):
    return begin(jws.verify(snapshot, Snapshot, key_of(SNAPSHOT)), [tuple(one) for one in members])


def test_chain_from_a_snapshot():
    state = begun()
    for step in SNAPSHOT["chain"]:
        state = state.follow(jws.verify(step["jws"], Roster, key_of(SNAPSHOT)), step["jws"])
        assert (state.head, state.members_hash(), state.epoch.n) == (step["head"], step["members"], step["epoch"])
    assert [[pid, one.role, one.until] for pid, one in sorted(state.members.items())] == SNAPSHOT["list_after"]
    assert jws.verify(SNAPSHOT["past"], Past, key_of(SNAPSHOT)).version == 500


@pytest.mark.parametrize("name", SNAPSHOT["bad"]["list"])
def test_list_that_is_not_the_snapshots(name):
    with pytest.raises(BadRoster):
        begun(members=SNAPSHOT["bad"]["list"][name])


def test_a_name_twice_is_no_list():
    twice = msgspec.structs.replace(
        jws.verify(SNAPSHOT["snapshot"], Snapshot, key_of(SNAPSHOT)),
        count=2,
        members_hash=members_hash([("p_a", "owner", 4), ("p_a", "owner", 5)]),
    )
    with pytest.raises(BadRoster):
        begin(twice, [("p_a", "owner", 4), ("p_a", "owner", 5)])


@pytest.mark.parametrize(
    "name", ["adds who was added", "removes who was removed", "version left out", "another prev", "epoch goes back"]
)
def test_roster_that_does_not_follow_a_snapshot(name):
    state = begun()
    for step in SNAPSHOT["chain"]:
        state = state.follow(jws.verify(step["jws"], Roster, key_of(SNAPSHOT)), step["jws"])
    statement = SNAPSHOT["bad"]["roster"][name]
    with pytest.raises(BadRoster):
        state.follow(jws.verify(statement, Roster, key_of(SNAPSHOT)), statement)


def test_roster_that_names_another_list():
    state, step = begun(), SNAPSHOT["chain"][0]
    roster = msgspec.structs.replace(jws.verify(step["jws"], Roster, key_of(SNAPSHOT)), members=jws.FIRST)
    with pytest.raises(BadRoster):
        state.follow(roster, step["jws"])
    assert state.apply(roster, step["jws"]).version == 501


@pytest.mark.parametrize("case", ENVELOPE["good"], ids=lambda case: str(case["seq"]))
def test_envelope(case):
    data, key = bytes.fromhex(case["env"]), bytes.fromhex(ENVELOPE["key"])
    found = envelope.parse(data)
    facts = {
        "tenant": ids.text("t", found.tenant), "room": ids.text("r", found.room), "pid": ids.text("p", found.pid),
        "dev": ids.text("d", found.dev), "key_id": ids.text("k", found.key_id), "epoch": found.epoch, "sent_at": found.sent_at,
    }  # fmt: skip
    assert facts == {name: ENVELOPE[name] for name in facts}
    assert (found.seq, ids.text("m", found.msg_id), found.kind) == (case["seq"], case["msg_id"], 1)
    assert envelope.signature_holds(data, jws.key_of_jwk(jws.Jwk(**ENVELOPE["device"])))
    plain = envelope.open_content(found, key)
    assert plain == bytes.fromhex(case["plain"])
    assert content.unpad(plain) == content.Content(t=case["text"])
    assert len(content.pad(content.Content(t=case["text"]))) == len(plain)


@pytest.mark.parametrize("name", ENVELOPE["unparsable"])
def test_envelope_unparsable(name):
    with pytest.raises(envelope.BadEnvelope):
        envelope.parse(bytes.fromhex(ENVELOPE["unparsable"][name]))


@pytest.mark.parametrize("name", ENVELOPE["signature_fails"])
def test_envelope_signature_fails(name):
    data = bytes.fromhex(ENVELOPE["signature_fails"][name])
    envelope.parse(data)
    assert not envelope.signature_holds(data, jws.key_of_jwk(jws.Jwk(**ENVELOPE["device"])))


def test_commitment():
    assert jws.b64(keys.commitment(bytes.fromhex(ENVELOPE["key"]))) == ENVELOPE["commitment"]
