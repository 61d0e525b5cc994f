"""A client of an XMPP server (RFC 6120; RFC 7395 for WebSocket; XEP-0045 for rooms), for contenders that speak it.

Nobody has a name or a password (SASL ANONYMOUS), and rooms tell nobody who is in them: what is measured is messages, not presence.
"""

import itertools
import random
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from bench.stream.contender import SIZE, Client, Contender, Unfair, digits, free_port, masked
from bench.stream.native import BUILD

HOST = "localhost"
ROOMS = "conference.localhost"
AT_ONCE = 250
HISTORY = 50
"""Messages that a room keeps at hand for newcomers."""
START_SECONDS = 60
_OPEN_TCP = (
    f"<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
_OPEN_WEB = f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{HOST}' version='1.0'/>"
_AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
_BIND = "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
_ERRORS = (b"type='error'", b'type="error"', b"<stream:error")
_LETTERS = bytes(itertools.chain(range(ord("a"), ord("z") + 1)))


class Xmpp(Contender):
    """A server in a process of its own, with its data below `build/bench-stream`."""

    program: str
    """The command whose presence says that the server is installed."""
    counts: tuple[str, str]
    """The SQLite file in its folder and the query that counts stored messages."""

    def __init__(self, *, web: bool) -> None:
        self._web = web
        self.needle = b"bench" + secrets.token_hex(8).encode()
        self.digits_at = len(self.needle)
        BUILD.mkdir(parents=True, exist_ok=True)
        self.base = Path(tempfile.mkdtemp(prefix="xmpp-", dir=BUILD))
        self.tcp_port, self.web_port = (first := free_port(2)), first + 1
        self._process: subprocess.Popen[bytes] | None = None
        self._sizes: list[int] = []

    @classmethod
    def installed(cls) -> bool:
        return shutil.which(cls.program) is not None

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Writes the configuration; the command line and the environment."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command, environment = self.command()
        with (self.base / "output").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment, cwd=self.base, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(ConnectionRefusedError, ConnectionResetError):
                self._say_hello([client := self._dial()])
                client.close()
                return
            time.sleep(0.1)
        logs = [path.read_text(errors="replace")[-1000:] for path in self.base.rglob("*.log")]
        raise Unfair(f"{self.name} does not start: {(self.base / 'output').read_text()[-2000:]} {logs}")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def found(self, clients: int, sizes: Iterable[int]) -> None:
        self._sizes = list(sizes)

    def connect(self, first: int, count: int) -> list[Client]:
        made: list[Client] = []
        for at in range(first, first + count, AT_ONCE):
            who = range(at, min(at + AT_ONCE, first + count))
            clients = self._enter(who)
            for size in self._sizes:
                self._join(clients, who, size, 0)
            made += clients
        return made

    def frame(self, client: int, size: int, number: int) -> bytes:
        marked = self.needle + digits(number)
        text = marked + bytes(random.choices(_LETTERS, k=SIZE - len(marked)))
        room = f"{self._room(client, size)}@{ROOMS}"
        return self._packed(
            f"<message xmlns='jabber:client' to='{room}' type='groupchat'><body>{text.decode()}</body></message>"
        )

    def rejoin(self, first: int, count: int, size: int, last: int) -> list[Client]:
        made: list[Client] = []
        for at in range(first, first + count, AT_ONCE):
            who = range(at, min(at + AT_ONCE, first + count))
            clients = self._enter(who)
            if any(got != last for got in self._join(clients, who, size, last)):
                raise Unfair(f"{self.name} gave another history")
            made += clients
        return made

    def stored(self) -> int | None:
        time.sleep(1)  # these servers answer before they write
        file, query = self.counts
        with closing(sqlite3.connect(f"file:{self.base / file}?mode=ro", uri=True)) as database:
            found: int = database.execute(query).fetchone()[0]
            return found

    def _dial(self) -> Client:
        return Client(self.web_port if self._web else self.tcp_port)

    def _packed(self, text: str) -> bytes:
        return masked(text.encode(), opcode=1) if self._web else text.encode()

    def _until(self, client: Client, word: bytes, end: bytes) -> bytes:
        """What comes up to this word, and on to the end of what it stands in; raises `Unfair` for an error."""
        data = b""
        while word not in data:
            if any(error in data for error in _ERRORS):
                raise Unfair(f"{self.name} refuses: {data[-600:]!r}")
            data += client.frame() if self._web else client.until(word, *_ERRORS)
        return data if self._web else data + client.until(end)

    def _say_hello(self, clients: list[Client]) -> None:
        if self._web:
            for client in clients:
                client.upgrade("/xmpp-websocket", "Sec-WebSocket-Protocol: xmpp")
            for client in clients:
                client.upgraded()
        self._open(clients)

    def _open(self, clients: list[Client]) -> None:
        for client in clients:
            client.send(self._packed(_OPEN_WEB if self._web else _OPEN_TCP))
        for client in clients:
            self._until(client, b"</stream:features", b">")

    def _enter(self, who: range) -> list[Client]:
        """The way in, step by step for all of them."""
        clients = [self._dial() for _ in who]
        self._say_hello(clients)
        for client in clients:
            client.send(self._packed(_AUTH))
        for client in clients:
            self._until(client, b"<success", b">")
        self._open(clients)
        for client in clients:
            client.send(self._packed(_BIND))
        for client in clients:
            self._until(client, b"</bind>", b"</iq>")
        return clients

    def _join(self, clients: list[Client], who: range, size: int, last: int) -> list[int]:
        """Everybody into a room of this size; how many earlier messages came."""
        for client, index in zip(clients, who, strict=True):
            client.send(
                self._packed(
                    f"<presence xmlns='jabber:client' to='{self._room(index, size)}@{ROOMS}/u{index}'>"
                    f"<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='{last}'/></x></presence>"
                )
            )
        return [self._until(client, b"<subject", b"</message>").count(self.needle) for client in clients]

    def _room(self, client: int, size: int) -> str:
        return f"r{size}-{client // size}"
