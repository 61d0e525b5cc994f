"""One step of the index: what some envelopes of the log say, folded into messages and words, with the cursor, in one transaction."""

from collections.abc import Callable, Iterable
from typing import Final

from samrum.home.records import tables
from samrum.home.records.opening import Cause, Said
from samrum.home.records.tables import MAX_POS, Row, message_id
from samrum.home.search import tables as index
from samrum.home.search.words import Forms, words
from samrum.plumbing.transactions import Tx
from samrum.wire.content import Content, InFile
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import Pid, RoomId
from samrum.wire.search_api import Has

BITS: Final = {Has.FILE: 1, Has.PICTURE: 2, Has.PDF: 4, Has.SOUND: 8, Has.FILM: 16, Has.LINK: 32}
"""What a message brings along, as `Row.has`."""
_LINKS: Final = ("https://", "http://")
BETWEEN: Final = "."
"""Stands in a message's words between text and file names, so that no phrase goes over it. No word is like it."""

Item = tuple[int, Said | Cause]
"""An envelope's number in the log, and what it says or why it does not count."""


def bits(content: Content) -> int:
    """What a message brings along."""
    found = 0
    for file in content.o:
        found |= BITS[Has.FILE] | _kind(file)
    return found | (BITS[Has.LINK] if any(one in content.t for one in _LINKS) else 0)


def _kind(file: InFile) -> int:
    head, _, rest = file.t.lower().partition("/")
    if rest == "pdf" or file.n.lower().endswith(".pdf"):
        return BITS[Has.PDF]
    return {"image": BITS[Has.PICTURE], "audio": BITS[Has.SOUND], "video": BITS[Has.FILM]}.get(head, 0)


def words_of(content: Content) -> list[str]:
    """The words by which a message is found: those of its text, then those of its files' names."""
    found = words(content.t)
    for file in content.o:
        found += [BETWEEN, *words(file.n)]
    return found


class Step:
    """Goes through envelopes in the log's order. Nothing is written before `write`."""

    def __init__(self, tx: Tx, moderated: Callable[[RoomId, Pid, int], bool]) -> None:
        """`moderated(room, pid, epoch)`: whether somebody was moderator or owner in that epoch."""
        self._tx, self._moderated = tx, moderated
        self._rooms: dict[RoomId, int] = {}
        self._people: dict[Pid, int] = {}
        self._rows: dict[bytes, Row] = {}
        """Messages that are new or have changed, by their own id."""
        self._fresh: set[int] = set()
        self._words: dict[int, list[str]] = {}
        """By id, of messages whose words are new; without any it has none any more."""
        self._mentions: dict[int, list[Pid]] = {}
        self._last: dict[tuple[int, bytes], int] = {}
        self._skipped: list[tuple[int, str]] = []

    def take(self, n: int, item: Said | Cause) -> None:
        """The next envelope."""
        cause = item if isinstance(item, Cause) else self._take(item)
        if cause is not None:
            self._skipped.append((n, cause))

    def _take(self, one: Said) -> Cause | None:
        room = self._room(one.room)
        if one.seq <= self._sequence(room, one.dev):
            return Cause.REPLAYED
        if one.pos > MAX_POS:
            return Cause.TOO_FAR
        self._last[room, one.dev] = one.seq
        if one.kind == EnvelopeKind.REACTION:
            return None  # the mirror has it, the index needs nothing of it
        if one.kind == EnvelopeKind.MESSAGE or (one.kind == EnvelopeKind.CALL and one.ref is None):
            return self._message(room, one)
        return self._about(room, one)

    def _message(self, room: int, one: Said) -> Cause | None:
        if self._row(one.msg) is not None:
            return Cause.REPLAYED
        row = Row(
            id=message_id(room, one.pos), n=one.n, edit=None, msg=one.msg, person=self._person(one.pid), at=one.at,
            epoch=one.epoch, kind=one.kind, thread=one.thread, has=0, everyone=0, word=one.content.c, deleted=0,
        )  # fmt: skip
        self._fresh.add(row.id)
        self._say(row, one)
        return None

    def _about(self, room: int, one: Said) -> Cause | None:
        """An edit, a deletion, or what became of a call."""
        row = self._row(one.ref) if one.ref else None
        if row is None or row.id >> tables.SHIFT != room or one.thread != row.thread:
            return Cause.BAD_REF
        if one.kind == EnvelopeKind.CALL:
            if row.kind != EnvelopeKind.CALL:
                return Cause.BAD_REF
            self._rows[row.msg] = row._replace(word=one.content.c)
            return None
        own = row.person == self._person(one.pid)
        if row.kind != EnvelopeKind.MESSAGE:
            return Cause.BAD_REF
        if one.kind == EnvelopeKind.DELETION:
            if not own and not self._moderated(one.room, one.pid, one.epoch):
                return Cause.BAD_REF
            self._rows[row.msg] = row._replace(deleted=1, edit=None, has=0, everyone=0, length=0)
            self._words[row.id] = []
            self._mentions[row.id] = []
            return None
        if not own:
            return Cause.BAD_REF
        if not row.deleted:
            self._say(row._replace(edit=one.n), one)
        return None

    def _say(self, row: Row, one: Said) -> None:
        """What the message says from now on."""
        said = one.content
        self._words[row.id] = words_of(said)
        self._rows[row.msg] = row._replace(has=bits(said), everyone=int(said.a), length=len(self._words[row.id]))
        self._mentions[row.id] = said.m

    def write(self, upto: int, rows: int, forms: Callable[[str], Forms]) -> None:
        """Writes it all; the index is made up to envelope `upto` then, after `rows` more."""
        tx = self._tx
        removed = index.drop(tx, self._words.keys() - self._fresh)
        index.put(tx, {message: said for message, said in self._words.items() if said}, forms)
        tables.put(tx, sorted(self._rows.values()))
        for message, pids in self._mentions.items():
            if pids or message not in self._fresh:
                tables.mention(tx, message, [self._person(pid) for pid in pids])
        tables.put_sequences(tx, self._last)
        tables.skip(tx, self._skipped)
        tables.indexed(tx, upto, rows, removed)

    def _room(self, room: RoomId) -> int:
        if room not in self._rooms:
            self._rooms[room] = tables.number_room(self._tx, room)
        return self._rooms[room]

    def _person(self, pid: Pid) -> int:
        if pid not in self._people:
            self._people[pid] = tables.number_person(self._tx, pid)
        return self._people[pid]

    def _row(self, msg: bytes) -> Row | None:
        return self._rows.get(msg) or tables.by_msg(self._tx, msg)

    def _sequence(self, room: int, dev: bytes) -> int:
        return self._last.get((room, dev)) or tables.sequence(self._tx, room, dev)


def forget(tx: Tx, room: RoomId, spans: Iterable[tuple[int, int]]) -> int:
    """Purges positions of a room, each span from its first to its last: words, messages and mirror; tells how many had words."""
    number, gone = tables.number_room(tx, room), 0
    for first, last in spans:
        gone += index.drop_range(tx, message_id(number, first), message_id(number, last))
        tables.forget(tx, number, first, last)
    at = tables.progress(tx)
    tables.indexed(tx, at.indexed, 0, gone)
    return gone
