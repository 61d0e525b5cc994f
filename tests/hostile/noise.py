"""What is not HTTP, for every HTTP port of ours."""

import asyncio
import contextlib
import random

from tests.hostile.raw import Raw

MIB = 1 << 20
NOISE = random.Random(21).randbytes(MIB)
HEAD = b"POST /health HTTP/1.1\r\nHost: x\r\n"
NOT_HTTP = {
    "noise": NOISE,
    "zeros": bytes(MIB),
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + NOISE[:505],
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no line at all": b"\r\n\r\n\r\n\r\n",
    "a line without end": b"GET /" + b"a" * MIB,
    "headers without end": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20_000,
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "a length below zero": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: one\r\n\r\n",
    "chunks that are none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
    "a null in a header": b"GET /health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
}


async def refuses_what_is_not_http(url: str) -> None:
    """400 with a code and the end of the connection; where the sender had no time to read, the end alone."""
    for name, data in NOT_HTTP.items():
        async with await Raw.bare(url) as raw:
            await raw.send(data)
            answer = b""
            with contextlib.suppress(ConnectionError):
                answer = await asyncio.wait_for(raw.reader.read(), 5)
            assert answer == b"" or answer.endswith(b'\r\n\r\n{"code":"bad_request"}'), name
            assert len(data) > 100_000 or answer, name
