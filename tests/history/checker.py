"""Judges a history: what devices sent, what relay acknowledged, what readers got, and what the store holds in the end.

Pure: events in the order in which they were noted, and the store's rows, go in; named violations come out. Positions, sequence numbers
and hashes are as in docs/protocol.md. A history is right if and only if the list is empty; `test_checker.py` plants each violation.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple


class Wrote(NamedTuple):
    """A person wrote a message on a device: from now on it must arrive, in this order, or become a draft."""

    dev: str
    room: str
    msg_id: str


class Tried(NamedTuple):
    """A device gave these bytes to its connection. One message may be tried in several forms (sealed again)."""

    dev: str
    room: str
    msg_id: str
    seq: int
    hash: bytes


class Acked(NamedTuple):
    """Relay said that a message is durable at `pos`."""

    dev: str
    room: str
    msg_id: str
    pos: int
    hash: bytes


class Kept(NamedTuple):
    """A device was told that a message may not go, and keeps it as a draft."""

    dev: str
    room: str
    msg_id: str


class Opened(NamedTuple):
    """News of a room reach this reader from here on: after `pos`, or (None) from wherever the next one stands."""

    reader: str
    room: str
    pos: int | None


class Got(NamedTuple):
    """A reader got what stands at `pos`, as news (`live`) or from a page of history."""

    reader: str
    room: str
    pos: int
    hash: bytes
    live: bool


class Complete(NamedTuple):
    """A reader says that it now has all of a room."""

    reader: str
    room: str


class Killed(NamedTuple):
    """Relay was killed."""


Event = Wrote | Tried | Acked | Kept | Opened | Got | Complete | Killed


class Row(NamedTuple):
    """What the store holds at one place."""

    room: str
    pos: int
    msg_id: str
    dev: str
    seq: int
    epoch: int
    hash: bytes


FIRST = 5
"""Violations of one kind that are shown."""


class Fault(StrEnum):
    """What may be wrong with a history."""

    LOST = "acknowledged, but not in the store"
    ACKNOWLEDGED_EARLY = "acknowledged, but gone after a kill"
    PASSED_ON_EARLY = "a reader got it, but it is not in the store"
    DOUBLED = "stored, or read, at two positions"
    MOVED = "a repeat was given another position"
    HASH = "other bytes are stored than those that were acknowledged"
    UNSENT = "nobody sent it"
    ORDER = "a device's messages are not in the order of writing"
    SEQUENCE = "a device's sequence numbers are not 1, 2, 3, …"
    POSITION_REUSED = "two messages at one position"
    POSITION_SKIPPED = "a position is empty"
    READERS_DIFFER = "a reader saw another message there than the store has"
    NEWS_GAP = "news skipped a position on one connection"
    NEWS_BACK = "news went back on one connection"
    MISSED = "a reader that says it has all has not"
    EPOCH_BACK = "stored under an older key than the message before it"
    STUCK = "neither acknowledged nor kept as a draft"
    DRAFT_STORED = "kept as a draft, but stored"


@dataclass(frozen=True)
class Violation:
    """One fault: which, where, and the message or device that it is about."""

    fault: Fault
    room: str
    what: str
    pos: int = 0

    def __str__(self) -> str:
        return f"{self.fault.name} {self.room}#{self.pos} {self.what}: {self.fault}"


def check(events: Iterable[Event], rows: Iterable[Row]) -> list[Violation]:
    """All violations of a history that is over; `rows` is the whole store, in any order."""
    return list(dict.fromkeys(_Judge(list(events), sorted(rows)).violations()))


def said(violations: list[Violation]) -> str:
    """The first violations of each kind, for a person who looks for the cause."""
    return "\n".join(str(one) for fault in Fault for one in [one for one in violations if one.fault is fault][:FIRST])


@dataclass
class _Message:
    """All that was noted of one message."""

    written: int = 0
    tries: dict[bytes, int] = field(default_factory=dict)
    acks: list[tuple[int, Acked]] = field(default_factory=list)
    kept: bool = False


class _Judge:
    def __init__(self, events: list[Event], rows: list[Row]) -> None:
        self._events, self._rows = events, rows
        self._messages: dict[tuple[str, str, str], _Message] = {}
        self._sent: dict[bytes, tuple[str, str, str, int]] = {}
        self._last_kill = -1
        for index, event in enumerate(events):
            self._note(index, event)
        self._stored: dict[tuple[str, str, str], Row] = {}
        self._at: dict[tuple[str, int], Row] = {}
        for row in rows:
            self._stored.setdefault((row.dev, row.room, row.msg_id), row)
            self._at.setdefault((row.room, row.pos), row)

    def _note(self, index: int, event: Event) -> None:
        match event:
            case Wrote(dev, room, msg_id):
                self._messages[dev, room, msg_id] = _Message(written=index)
            case Tried(dev, room, msg_id, seq, hash_):
                self._messages.setdefault((dev, room, msg_id), _Message(index)).tries[hash_] = seq
                self._sent[hash_] = (dev, room, msg_id, seq)
            case Acked(dev, room, msg_id):
                self._messages.setdefault((dev, room, msg_id), _Message(index)).acks.append((index, event))
            case Kept(dev, room, msg_id):
                self._messages.setdefault((dev, room, msg_id), _Message(index)).kept = True
            case Killed():
                self._last_kill = index
            case _:
                pass

    def violations(self) -> Iterator[Violation]:
        yield from self._store()
        yield from self._devices()
        for key, message in self._messages.items():
            yield from self._message(key, message)
        yield from self._readers()

    def _store(self) -> Iterator[Violation]:
        """The store by itself, and against what was sent."""
        seen: dict[tuple[str, str], int] = {}
        before: dict[str, Row] = {}
        for row in self._rows:
            last = before.get(row.room)
            expected = last.pos + 1 if last else 1
            if last and row.pos == last.pos:
                yield Violation(Fault.POSITION_REUSED, row.room, row.msg_id, row.pos)
            elif row.pos != expected:
                yield Violation(Fault.POSITION_SKIPPED, row.room, row.msg_id, expected)
            if last and row.epoch < last.epoch:
                yield Violation(Fault.EPOCH_BACK, row.room, row.msg_id, row.pos)
            if seen.setdefault((row.room, row.msg_id), row.pos) != row.pos:
                yield Violation(Fault.DOUBLED, row.room, row.msg_id, row.pos)
            message = self._messages.get((row.dev, row.room, row.msg_id))
            if self._sent.get(row.hash) != (row.dev, row.room, row.msg_id, row.seq):
                # Bytes that nobody sent under an id that was acknowledged are a matter of the hash.
                fault = Fault.HASH if message is not None and message.acks else Fault.UNSENT
                yield Violation(fault, row.room, row.msg_id, row.pos)
            before[row.room] = row

    def _devices(self) -> Iterator[Violation]:
        """Each device's messages in a room: in the order of writing, numbered without a gap."""
        of_device: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self._rows:
            of_device[row.dev, row.room].append(row)
        for (dev, room), rows in of_device.items():
            for number, row in enumerate(rows, 1):
                if row.seq != number:
                    yield Violation(Fault.SEQUENCE, room, dev, row.pos)
                    break
            for one, other in pairwise(rows):
                first, second = (self._messages.get((dev, room, row.msg_id)) for row in (one, other))
                if first and second and first.written > second.written:
                    yield Violation(Fault.ORDER, room, other.msg_id, other.pos)

    def _message(self, key: tuple[str, str, str], message: _Message) -> Iterator[Violation]:
        """One message against the store."""
        _, room, msg_id = key
        row = self._stored.get(key)
        if not message.acks:
            if not message.kept:
                yield Violation(Fault.STUCK, room, msg_id)
            elif row is not None:
                yield Violation(Fault.DRAFT_STORED, room, msg_id, row.pos)
            return
        index, ack = message.acks[0]
        if len({one.pos for _, one in message.acks} | ({row.pos} if row else set())) > 1:
            yield Violation(Fault.MOVED, room, msg_id, ack.pos)
        if row is None:
            fault = Fault.ACKNOWLEDGED_EARLY if index < self._last_kill else Fault.LOST
            yield Violation(fault, room, msg_id, ack.pos)
        elif any(one.hash != row.hash for _, one in message.acks):
            yield Violation(Fault.HASH, room, msg_id, ack.pos)

    def _readers(self) -> Iterator[Violation]:
        """Each reader against the store, and its connection's news against themselves."""
        next_news: dict[tuple[str, str], int | None] = {}
        got: dict[tuple[str, str], dict[int, bytes]] = defaultdict(dict)
        places: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for event in self._events:
            match event:
                case Opened(reader, room, pos):
                    next_news[reader, room] = None if pos is None else pos + 1
                case Got(reader, room, pos, hash_, live):
                    if live:
                        expected = next_news.get((reader, room))
                        if expected is not None and pos != expected:
                            fault = Fault.NEWS_GAP if pos > expected else Fault.NEWS_BACK
                            yield Violation(fault, room, reader, pos)
                        next_news[reader, room] = pos + 1
                    if got[reader, room].setdefault(pos, hash_) != hash_:
                        yield Violation(Fault.POSITION_REUSED, room, reader, pos)
                    yield from self._seen(places[reader, room], event)
                case Complete(reader, room):
                    mine = got[reader, room]
                    for place in range(1, max((row.pos for row in self._rows if row.room == room), default=0) + 1):
                        if place not in mine:
                            yield Violation(Fault.MISSED, room, reader, place)
                case _:
                    pass

    def _seen(self, places: dict[str, int], got: Got) -> Iterator[Violation]:
        """One thing that a reader got."""
        sent = self._sent.get(got.hash)
        row = self._at.get((got.room, got.pos))
        if sent is None or sent[1] != got.room:
            yield Violation(Fault.UNSENT, got.room, got.reader, got.pos)
            return
        if places.setdefault(sent[2], got.pos) != got.pos:
            yield Violation(Fault.DOUBLED, got.room, sent[2], got.pos)
        if row is None or row.hash != got.hash:
            stored = self._stored.get(sent[:3])
            fault = Fault.PASSED_ON_EARLY if stored is None else Fault.READERS_DIFFER
            yield Violation(fault, got.room, got.reader, got.pos)
