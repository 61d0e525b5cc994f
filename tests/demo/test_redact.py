"""LiveKit's output is clean before it is written: however it is cut, whatever it holds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samrum.demo.redact import MAX_LINE, Redactor, line
from tests.city import logs

TOKEN = b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwXyJ9.s1g-n_ature"


def test_tokens_query_strings_and_addresses_go_and_the_rest_stays() -> None:
    text = (
        b'{"level":"info","msg":"bad token: '
        + TOKEN
        + b'","url":"/rtc/v1?access_token='
        + TOKEN
        + b'&auto=1","version":"1.13.5",'
        b'"remote":"192.168.7.41:55012","candidate":"fe80::1c2d:3eff:fe4a:5b6c","at":"12:34:56","room":"c_abc"}'
    )
    clean = line(text)
    for secret in (b"eyJ", b"auto=1", b"192.168", b"fe80", b"5b6c"):
        assert secret not in clean
    for kept in (b'"version":"1.13.5"', b'"at":"12:34:56"', b'"room":"c_abc"', b"bad token"):
        assert kept in clean


def test_the_credentials_of_an_offer_go() -> None:
    clean = line(rb'{"sdp":"a=ice-ufrag:4Zc/\r\na=ice-pwd:by5GZGG1lw+040DWA6hXM5Bz\r\na=setup:actpass"}')
    assert clean == rb'{"sdp":"a=ice-ufrag:[secret]\r\na=ice-pwd:[secret]\r\na=setup:actpass"}'


ADDRESSES = {
    "83.251.130.177": "177 130",
    "83.251.130....": "130",  # as LiveKit cuts it
    "192.168.7.41:55012": "192 41:",
    "::1:41767": "41767",  # a port without brackets
    "fd00::2:48374": "fd00 48374",
    "2001:db8:85a3:8d3:1319:8a2e:370:7348:50123": "2001 db8 7348 50123",
    "2001:db8:85a3:8d3:1319:8a2e:370:7...": "2001 370",
    "2001:db8::1a...:50123": "2001 1a",
    "[fe80::1c2d%eth0]:443": "1c2d eth0",
    "::ffff:83.251.130.177": "ffff 83",
    "udp6:fe80::7": "fe80",
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("around", ["%s", '"remote":"%s"', '[remote][selected:1] udp host %s",', "addr=%s, x", "(%s)"])
def test_no_part_of_an_address_stays(address: str, around: str) -> None:
    clean = line((around % address).encode()).decode()
    assert not [part for part in ADDRESSES[address].split() if part in clean], clean
    assert "[address]" in clean
    assert not logs.ADDRESS.search(clean)
    assert logs.ADDRESS.search(around % address)


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_cutting_changes_nothing_and_no_token_gets_through(noise: bytes, chance: random.Random) -> None:
    data = noise + b" " + TOKEN + b"\n" + noise
    redactor, out = Redactor(), b""
    while data:
        size = chance.randint(1, 40)
        out += redactor.feed(data[:size])
        data = data[size:]
    out += redactor.end()
    assert b"eyJ" + TOKEN[3:] not in out
    assert TOKEN[10:30] not in out
    assert out.count(b"\n") == noise.count(b"\n") * 2 + 1 + (1 if noise.rpartition(b"\n")[2] else 0)


def test_an_overlong_line_is_only_counted() -> None:
    redactor = Redactor()
    out = redactor.feed(b"x" * (MAX_LINE + 10)) + redactor.feed(TOKEN) + redactor.feed(b"\nnext\n")
    assert out == b"[a line of %d bytes]\nnext\n" % (MAX_LINE + 10 + len(TOKEN))
