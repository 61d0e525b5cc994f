"""Whatever comes in, a parser gives a value or its own error, and one value has one spelling."""

import base64
import contextlib
import struct

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from samrum.wire import content, envelope, ids, jws, stream
from samrum.wire.chain import BadRoster, Member, RoomState
from samrum.wire.statements import Cert, Epoch, MemberEntry, Policy, Role, Roster, members_hash
from tests.wire.vectors import load

PREFIXES = st.sampled_from("pdrtkmc")
RAW = st.binary(min_size=16, max_size=16)
ENVELOPES = [bytes.fromhex(case["env"]) for case in load("envelope")["good"]]
GOOD = load("jws")["good"]


@given(PREFIXES, RAW)
def test_ids_round(prefix, raw):
    text = ids.text(prefix, raw)
    assert ids.raw(text, prefix) == raw
    assert len(text) == 28


@given(st.text(max_size=40) | st.from_regex(r"[pdrtkmc]_[a-z2-7]{26}\n?", fullmatch=True), PREFIXES)
@example("p_" + "a" * 25 + "b", "p")
@example("p_" + "a" * 26 + "\n", "p")
def test_ids_have_one_spelling(text, prefix):
    try:
        raw = ids.raw(text, prefix)
    except ids.BadId as error:
        assert len(text) < 3 or text not in str(error)  # noqa: PT017
    else:
        assert ids.text(prefix, raw) == text


@given(st.text(max_size=60))
@example("p_" + "a" * 26)
def test_identity_splits_or_refuses(text):
    with contextlib.suppress(ids.BadId):
        assert ids.identity(*ids.split_identity(text)) == text


@given(st.binary(max_size=400))
def test_frames_of_noise(data):
    for side in (stream.CLIENT, stream.RELAY):
        with contextlib.suppress(stream.BadFrame):
            frame = stream.decode(data, side)
            assert stream.decode(stream.encode(frame), side) == frame


@given(st.sampled_from(sorted(stream.CLIENT)), st.recursive(st.none() | st.integers(-9, 1 << 63) | st.text(max_size=9) | st.binary(max_size=9),
       lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["v", "re", "room", "env", "grant", "x"]), inner, max_size=4)))  # fmt: skip
def test_frames_of_other_shapes(number, body):
    with contextlib.suppress(stream.BadFrame):
        stream.decode(bytes([number]) + msgspec.msgpack.encode(body), stream.CLIENT)


def test_frame_with_an_unknown_field():
    body = msgspec.msgpack.encode({"re": 1, "room": ids.new_room(), "display_name": "x"})
    with pytest.raises(stream.BadFrame):
        stream.decode(b"\x0a" + body, stream.CLIENT)


def test_deeply_nested_frame():
    with pytest.raises(stream.BadFrame):
        stream.decode(b"\x03" + b"\x91" * 60_000, stream.CLIENT)


@given(st.sampled_from(ENVELOPES), st.integers(0, 1 << 16), st.binary(max_size=8))
def test_changed_envelopes(data, at, put):
    at %= len(data)
    changed = data[:at] + put + data[at + len(put) :]
    try:
        found = envelope.parse(changed)
    except envelope.BadEnvelope:
        return
    assert found.aad() == changed[: envelope.HEAD_BYTES]
    rebuilt = found.aad() + found.header + struct.pack(">I", len(found.sealed)) + found.sealed + found.signature
    assert rebuilt == changed


@given(st.binary(max_size=1000))
def test_envelopes_of_noise(data):
    for one in (data, b"SM1\x01" + data):
        with contextlib.suppress(envelope.BadEnvelope):
            envelope.parse(one)


@given(st.text(max_size=2000), st.lists(RAW, max_size=3))
def test_content_round(text, mentions):
    said = content.Content(t=text, m=[ids.Pid(ids.text("p", raw)) for raw in mentions])
    padded = content.pad(said)
    assert len(padded) in content.SIZES
    assert content.unpad(padded) == said


@given(st.text(max_size=500), st.text(max_size=255), st.binary(min_size=32, max_size=32), st.integers(0, 2**53 - 1))
def test_content_with_quote_and_file(quoted, name, key, size):
    quote = content.Quoted(id=ids.MsgId(ids.new("m")), pid=ids.Pid(ids.new("p")), t=quoted)
    file = content.InFile(n=name, t="", s=size, k=key, b=key.hex(), d=0)
    said = content.Content(q=quote, o=[file], a=True)
    assert content.unpad(content.pad(said)) == said
    assert content.fits(1, said)
    assert not content.fits(3, said)


def test_content_too_long():
    with pytest.raises(content.TooLong):
        content.pad(content.Content(t="å" * 32 * 1024))


@given(st.binary(max_size=300), st.integers(0, 300))
def test_content_of_noise(data, length):
    for one in (data, (struct.pack(">I", length) + data).ljust(256, b"\0")[:256]):
        with contextlib.suppress(content.BadContent):
            content.unpad(one)


def test_content_with_something_in_the_padding():
    padded = bytearray(content.pad(content.Content(t="hej")))
    padded[-1] = 1
    with pytest.raises(content.BadContent):
        content.unpad(bytes(padded))


@given(st.integers(0, len(GOOD) - 1), st.characters(codec="utf-8"))
def test_changed_statements(at, letter):
    changed = GOOD[:at] + letter + GOOD[at + 1 :]
    if changed == GOOD:
        return
    key = jws.key_of_jwk(jws.Jwk(**load("jws")["home"]["jwk"]))
    with pytest.raises(jws.BadStatement):
        jws.verify(changed, Cert, lambda _: key)


@given(
    st.text(max_size=300)
    | st.lists(st.binary(max_size=60), min_size=3, max_size=3).map(lambda parts: ".".join(map(jws.b64, parts)))
)
@example("eyJhbGciOiJFZDI1NTE5In0.e30.")
def test_statements_of_noise(text):
    for call in (jws.peek_kid, lambda one: jws.peek(one, Cert), lambda one: jws.verify(one, Cert, lambda _: None)):
        with contextlib.suppress(jws.BadStatement):
            call(text)


@given(st.binary(max_size=40))
def test_base64url_has_one_spelling(data):
    text = jws.b64(data)
    assert jws.unb64(text) == data
    for other in (text + "=", text + "A", base64.b64encode(data).decode()):
        if other != text:
            with contextlib.suppress(jws.BadStatement):
                assert jws.unb64(other) != data


KEY = Ed25519PrivateKey.generate()
PIDS = [ids.new_pid() for _ in range(4)]
TENANT, ROOM = ids.new_tenant(), ids.new_room()
EPOCHS = [Epoch(n=n, key_id=ids.new_key_id(), kc=jws.FIRST) for n in range(9)]
changes = st.tuples(
    st.sampled_from(["add", "remove", "role"]),
    st.sampled_from(PIDS),
    st.sampled_from(list(Role)),
    st.booleans(),
    st.integers(-1, 2),
)


@given(st.lists(changes, max_size=12))
def test_chain_keeps_its_promises(steps):
    """Any sequence of changes: what is applied changes just what it says, what is refused changes nothing."""
    state = RoomState(TENANT, ROOM)
    for what, pid, role, skip, epoch_step in steps:
        number = (state.epoch.n if state.epoch else 0) + epoch_step
        entry = [MemberEntry(pid=pid, role=role)]
        roster = Roster(
            tenant=TENANT, room=ROOM, version=state.version + 1 + skip, prev=state.head, epoch=EPOCHS[max(number, 0) % 9],
            policy=Policy(kind="group"), at=1, add=entry if what == "add" else [], remove=[pid] if what == "remove" else [],
            role=entry if what == "role" else [],
        )  # fmt: skip
        statement = jws.sign(roster, ids.new_key_id(), KEY)
        try:
            after = state.apply(roster, statement)
        except BadRoster as error:
            assert error.args[0] in {"version", "epoch", "add", "remove", "role"}  # noqa: PT017
            continue
        assert not skip
        assert (pid in state.members) == (what != "add")
        assert after.members == (
            {one: member for one, member in state.members.items() if one != pid}
            if what == "remove"
            else state.members | {pid: Member(role)}
        )
        assert after.version == state.version + 1
        assert after.head == jws.digest(statement) != state.head
        assert state.epoch is None or after.epoch.n - state.epoch.n in (0, 1)
        with pytest.raises(BadRoster):
            after.apply(roster, statement)
        state = after


@given(
    st.lists(
        st.tuples(st.sampled_from(PIDS), st.sampled_from(list(Role)), st.none() | st.integers(0, 1 << 40)),
        unique_by=lambda one: one[0],
    )
)
def test_members_hash_ignores_order_only(members):
    assert members_hash(members) == members_hash(reversed(members))
    for at, (pid, role, until) in enumerate(members):
        other = [*members[:at], (pid, role, (until or 0) + 1), *members[at + 1 :]]
        assert members_hash(other) != members_hash(members)
