"""WebSocket conformance (RFC 6455), in the groups of the Autobahn test suite's cases; see docs/hostile-input.md.

Every case ends with a good frame answered (the connection is well) or with the close code that the standard or our policy names.
"""

import asyncio

import pytest

from samrum.wire import stream
from samrum.wire.codes import Code
from tests.hostile.conftest import Talk
from tests.hostile.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, frame, upgrade
from tests.relay.client import ORIGIN, Device, RelayProcess

GOOD = stream.encode(stream.Ping())
OK, PROTOCOL, UNSUPPORTED, INVALID_TEXT, TOO_BIG = 1000, 1002, 1003, 1007, 1009
pytestmark = pytest.mark.servers
OVER = stream.MAX_FRAME + 1


async def well(raw: Raw) -> None:
    """The connection still answers."""
    await raw.send(frame(BINARY, GOOD))
    await raw.take(stream.Pong)


# ---- 1 framing: what is whole and binary passes, however it is cut into packets

PASS = {
    "1.2.1 shortest": ([frame(BINARY, GOOD)], 1),
    "1.2 length in 16 bits": ([frame(BINARY, stream.encode(stream.Renew(grant="x" * 200)))], 1),
    "1.2 length in 64 bits": ([frame(BINARY, stream.encode(stream.Renew(grant="x" * 65536)))], 1),
    "1.2.8 a byte at a time": ([bytes([one]) for one in frame(BINARY, GOOD)], 1),
    "1 two in one packet": ([frame(BINARY, GOOD) * 2], 2),
    "1 mask of zeros": ([bytes([0x82, 0x80 | len(GOOD), 0, 0, 0, 0]) + GOOD], 1),
    # 2 pings and pongs
    "2.1 ping": ([frame(PING)], 0),
    "2.4 longest ping": ([frame(PING, b"\xfe" * 125)], 0),
    "2.6 ping a byte at a time": ([bytes([one]) for one in frame(PING, b"slow")], 0),
    "2.7 pong nobody asked for": ([frame(PONG)], 0),
    "2.8 pong with bytes": ([frame(PONG, b"unasked")], 0),
    "2.10 ten pings": ([frame(PING, bytes([n])) for n in range(10)], 0),
}


@pytest.mark.parametrize(("parts", "answers"), PASS.values(), ids=PASS)
async def test_what_is_allowed_passes(relay: RelayProcess, mallory: Device, parts: list[bytes], answers: int):
    async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        for part in parts:
            await raw.send(part)
            await asyncio.sleep(0.001)
        await raw.send(frame(PING, b"last"))
        got = []
        while not got or got[-1].payload != b"last":
            one = await raw.get()
            assert one is not None
            assert (one.fin, one.rsv) == (True, 0)
            got.append(one)
        assert sum(one.opcode == BINARY for one in got) == answers
        await well(raw)


async def test_pongs_carry_the_pings_bytes_in_their_order(relay: RelayProcess, mallory: Device):
    asked = [b"", b"1", b"\x00\xff" * 62, b"last"]
    async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        await raw.send(*(frame(PING, one) for one in asked))
        got = [await raw.get() for _ in asked]
        assert [(one.opcode, one.payload) for one in got if one] == [(PONG, one) for one in asked]


async def test_ping_is_answered_before_the_welcome_but_not_for_ever(relay: RelayProcess):
    async with await Raw.dial(relay.stream, ORIGIN) as raw:
        await raw.send(frame(PING, b"early"))
        got = await raw.get()
        assert got is not None
        assert (got.opcode, got.payload) == (PONG, b"early")
        await raw.send(frame(PONG) * 30)
        assert await raw.end() == (Code.RATE_LIMITED, OK)


# ---- what is refused: frames, the goodbye's code, the close frame's. Where picows sees the fault first there is no goodbye.

REFUSED = {
    # 3 reserved bits
    **{f"3 reserved bits {n:03b}": ([frame(BINARY, GOOD, rsv=n)], Code.BAD_FRAME, PROTOCOL) for n in range(1, 8)},
    "3 reserved bit of a ping": ([frame(PING, b"x", rsv=4)], Code.BAD_FRAME, PROTOCOL),
    "3.7 reserved bit of a close": ([frame(CLOSE, b"\x03\xe8", rsv=1)], Code.BAD_FRAME, PROTOCOL),
    # 4 opcodes
    **{f"4 opcode {n}": ([frame(n, b"x")], None, PROTOCOL) for n in (3, 4, 7, 11, 12, 15)},
    "4 after a good one": ([frame(BINARY, GOOD), frame(5)], None, PROTOCOL),
    # 5 fragmentation: refused by policy at the first piece
    "5.3 two pieces": (
        [frame(BINARY, GOOD[:1], fin=False), frame(CONTINUATION, GOOD[1:])],
        Code.BAD_FRAME,
        UNSUPPORTED,
    ),
    "5.6 ping between pieces": ([frame(BINARY, GOOD, fin=False), frame(PING)], Code.BAD_FRAME, UNSUPPORTED),
    "5.9 continuation of nothing": ([frame(CONTINUATION, GOOD)], Code.BAD_FRAME, UNSUPPORTED),
    "5 first piece empty": ([frame(BINARY, fin=False), frame(CONTINUATION, GOOD)], Code.BAD_FRAME, UNSUPPORTED),
    "5.1 ping in pieces": ([frame(PING, b"a", fin=False), frame(CONTINUATION, b"b")], None, PROTOCOL),
    "5.2 pong in pieces": ([frame(PONG, b"a", fin=False)], None, PROTOCOL),
    # 6 UTF-8: text is refused whatever it says
    "6 text": ([frame(TEXT, b"text")], Code.BAD_FRAME, UNSUPPORTED),
    "6 empty text": ([frame(TEXT)], Code.BAD_FRAME, UNSUPPORTED),
    "6.3 text that is not UTF-8": ([frame(TEXT, b"\xce\xba\xed\xa0\x80")], Code.BAD_FRAME, UNSUPPORTED),
    "6 text in pieces": ([frame(TEXT, b"\xce", fin=False)], Code.BAD_FRAME, UNSUPPORTED),
    # 7 closing
    "7.3.2 close of one byte": ([frame(CLOSE, b"\x03")], None, PROTOCOL),
    "7.3.6 close too long": ([frame(CLOSE, b"\x03\xe8" + b"a" * 124)], None, PROTOCOL),
    "7.5 close with bad UTF-8": ([frame(CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80")], None, INVALID_TEXT),
    **{
        f"7.9 close code {n}": ([frame(CLOSE, n.to_bytes(2, "big"))], None, PROTOCOL)
        for n in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999)
    },
    # 9 limits
    "9 over the limit": ([frame(BINARY, bytes(OVER))], None, TOO_BIG),
    "9 over the limit, twice": ([frame(BINARY, bytes(OVER)), frame(BINARY, GOOD)], None, TOO_BIG),
    "9 only said to be long": ([frame(BINARY, b"x", length=b"\x7f" + b"\x7f" + b"\xff" * 7)], None, TOO_BIG),
    # 10 protocol violations
    "10 not masked": ([frame(BINARY, GOOD, mask=False)], None, PROTOCOL),
    "10 control over 125": ([frame(PING, bytes(126))], None, PROTOCOL),
    "10 length not the shortest, 16 bits": ([frame(BINARY, GOOD, length=b"\x7e\x00\x02")], None, PROTOCOL),
    "10 length not the shortest, 64 bits": ([frame(BINARY, GOOD, length=b"\x7f" + bytes(7) + b"\x02")], None, PROTOCOL),
    "10 length with the highest bit": ([frame(BINARY, GOOD, length=b"\x7f\x80" + bytes(7))], None, PROTOCOL),
}


@pytest.mark.parametrize(("parts", "bye", "close"), REFUSED.values(), ids=REFUSED)
async def test_what_is_not_allowed_is_closed_with_its_code(
    relay: RelayProcess, mallory: Device, parts: list[bytes], bye: Code | None, close: int
):
    async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        await raw.send(*parts)
        assert await raw.end() == (bye, close)


@pytest.mark.parametrize("name", ["3 reserved bits 100", "4 opcode 3", "6 text", "9 over the limit", "10 not masked"])
async def test_nothing_after_a_fault_counts(relay: RelayProcess, mallory: Device, talk: Talk, name: str):
    await mallory.open(relay.stream)
    await mallory.close()
    parts, bye, close = REFUSED[name]
    async with talk.goes_on(), await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        await raw.send(*parts)
        for _ in range(20):  # more, in packets of their own, while relay closes
            await raw.send(frame(BINARY, GOOD))
            await asyncio.sleep(0)
        assert await raw.end() == (bye, close)


# ---- 7 closing, cleanly


@pytest.mark.parametrize(
    ("payload", "echo"),
    [(b"", OK), (b"\x03\xe8", OK), (b"\x03\xe8why", OK), (b"\x03\xe9", 1001), (b"\x0b\xb8", 3000), (b"\x13\x87", 4999)],
)
async def test_close_is_answered_with_its_code(relay: RelayProcess, mallory: Device, payload: bytes, echo: int):
    async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
        await raw.send(frame(CLOSE, payload), frame(BINARY, GOOD), frame(PING, b"late"))
        assert await raw.end() == (None, echo)


async def test_closing_before_hello_and_within_a_frame(relay: RelayProcess, mallory: Device, talk: Talk):
    async with talk.goes_on():
        async with await Raw.dial(relay.stream, ORIGIN) as raw:
            await raw.send(frame(CLOSE, b"\x03\xe8"))
            assert await raw.end() == (None, OK)
        for cut in (1, 2, 5):
            async with await Raw.enter(relay.stream, mallory, ORIGIN) as raw:
                await raw.send(frame(BINARY, GOOD)[:cut])


# ---- the opening handshake

OPENS = {
    "as Firefox asks": {"Connection": "keep-alive, Upgrade"},
    "other case": {"Upgrade": "WebSocket", "Connection": "UPGRADE"},
    "with extensions": {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
}


@pytest.mark.parametrize("changes", OPENS.values(), ids=OPENS)
async def test_handshake_opens(relay: RelayProcess, mallory: Device, changes: dict[str, str]):
    async with await Raw.bare(relay.stream) as raw:
        await raw.send(upgrade(ORIGIN, **changes))
        head = (await raw.reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 101 ")
        assert b"sec-websocket-extensions" not in head
        await raw.put(stream.Hello(v=1, grant=mallory.grant()))
        await raw.take(stream.Nonce)


REQUESTS = {
    "no upgrade": (upgrade(ORIGIN, Upgrade=None), 400, Code.BAD_REQUEST),
    "other upgrade": (upgrade(ORIGIN, Upgrade="h2c"), 400, Code.BAD_REQUEST),
    "no connection header": (upgrade(ORIGIN, Connection="close"), 400, Code.BAD_REQUEST),
    "old version": (upgrade(ORIGIN, Sec_WebSocket_Version="8"), 400, Code.BAD_REQUEST),
    "no key": (upgrade(ORIGIN, Sec_WebSocket_Key=None), 400, Code.BAD_REQUEST),
    "short key": (upgrade(ORIGIN, Sec_WebSocket_Key="QUJD"), 400, Code.BAD_REQUEST),
    "key that is no base64": (upgrade(ORIGIN, Sec_WebSocket_Key="*" * 24), 400, Code.BAD_REQUEST),
    "two origins": (upgrade(ORIGIN, ORIGIN="http://evil.example"), 403, Code.BAD_ORIGIN),
    "a cookie": (upgrade(ORIGIN, cookie="a=b"), 400, Code.COOKIE_REFUSED),
    "another method": (upgrade(ORIGIN).replace(b"GET", b"POST", 1), 400, None),
    "HTTP/1.0": (upgrade(ORIGIN).replace(b"1.1", b"1.0", 1), 400, None),
    "a body": (upgrade(ORIGIN, Content_Length="5"), 400, None),
    "folded header": (upgrade(ORIGIN).replace(b"Host", b" Host", 1), 400, None),
    "null in a header": (upgrade(ORIGIN, X="\0"), 400, None),
    "many headers": (upgrade(ORIGIN, **{f"X_{n}": "x" for n in range(1000)}), 400, None),
}


@pytest.mark.parametrize(("request_", "status", "code"), REQUESTS.values(), ids=REQUESTS)
async def test_handshake_is_refused(relay: RelayProcess, request_: bytes, status: int, code: Code | None):
    """Where picows refuses before it asks us there is no code of ours, and its sentence goes to the sender alone."""
    async with await Raw.bare(relay.stream) as raw:
        await raw.send(request_)
        head, _, body = (await asyncio.wait_for(raw.reader.read(), 5)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        if code is not None:
            assert body == b'{"code":"%s"}' % code.encode()
