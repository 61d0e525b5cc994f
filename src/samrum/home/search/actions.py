"""Finding: which words are meant, where one may look, what fits, in which order."""

from collections import Counter
from collections.abc import Callable, Iterable
from math import log2
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from samrum.home.errors import BadSearch, RateLimited
from samrum.home.keys import tables as keys
from samrum.home.people import folding
from samrum.home.people import tables as people
from samrum.home.people.actions import ranked
from samrum.home.records import actions as records
from samrum.home.records import tables as mirror
from samrum.home.rooms import tables as rooms
from samrum.home.search import query as typed
from samrum.home.search import tables
from samrum.home.search.query import BadQuery, Query
from samrum.home.search.tables import Filter, Hit
from samrum.home.search.words import Stemmer, pattern
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import ids, jws, search_api
from samrum.wire.ids import MsgId, Pid, RoomId
from samrum.wire.search_api import Found, Has, Match, Mentions, Order
from samrum.wire.statements import Kind

PER_MINUTE: Final = 60
"""Searches of one person."""
MOST: Final = 5000
"""Messages that are ranked; where more fit, the newest."""
FORMS: Final = 40
PARTS: Final = 50
"""Words that one typed word may stand for, the most used ones: as forms of it, and as longer words."""
SHORTEST_PART: Final = 3
"""Letters from which on a word is looked for within others."""
NAMED: Final = 20
"""People whom a name in the text may mean."""
HALF_LIFE: Final = 90 * 86_400
_BITS: Final = {Match.EXACT: 4.0, Match.FORM: 3.0, Match.PART: 0.0, Match.NONE: 0.0}
"""What a way of matching is worth, in half-lives."""
_USUAL: Final = 12
"""Words of a message that BM25 makes neither better nor worse."""
_LOOSER: Final = (Match.EXACT, Match.FORM, Match.PART)

Span = tuple[int, int | None]
"""First and last epoch of which somebody has the keys."""


class Scope(NamedTuple):
    """Where somebody may look, and for what."""

    rooms: dict[RoomId, list[Span]]
    query: Query
    by: list[Pid] | None


class Meant(NamedTuple):
    """What one typed word stands for: numbers of words, by how they match."""

    ways: dict[int, Match]
    words: list[str]


class _Ranked(NamedTuple):
    score: int
    hit: Hit
    match: Match


class Finding:
    """Searches and mentions of signed-in people."""

    def __init__(self, *, db: Transactions, records: Transactions, clock: Clock, soon: Callable[[], None]) -> None:
        """`soon` has the reader look at relay's log."""
        self._db, self._records, self._clock, self._soon = db, records, clock, soon
        self._asked: Counter[Pid] = Counter()
        self._minute = 0

    async def search(self, me: Pid, wanted: search_api.Search) -> Found:
        """A page of what fits; raises `BadSearch` or `RateLimited`."""
        self._limit(me)
        self._soon()
        after = _cursor(wanted.cursor)
        scope = await self._db.read(lambda tx: scope_of(tx, me, wanted))
        return await self._records.read(lambda tx: found(tx, me, wanted, scope, after))

    async def mentions(self, me: Pid) -> Mentions:
        """Unread messages that mention the person or everybody."""
        spans = await self._db.read(lambda tx: visible(tx, me, now=True))
        rows = await self._records.read(lambda tx: mirror.mentions(tx, me, spans))
        of: dict[RoomId, list[int]] = {}
        for room, pos, epoch in rows:
            if covers(spans[room], epoch) and len(of.setdefault(room, [])) < search_api.MAX_MENTIONS:
                of[room].append(pos)
        return Mentions(rooms=of)

    def _limit(self, me: Pid) -> None:
        now = self._clock.now()
        if int(now // 60) != self._minute:
            self._minute = int(now // 60)
            self._asked.clear()
        self._asked[me] += 1
        if self._asked[me] > PER_MINUTE:
            raise RateLimited(60 - now % 60)


# ---- where


def visible(tx: Tx, me: Pid, *, now: bool = False) -> dict[RoomId, list[Span]]:
    """The rooms in which somebody is or was, with the epochs that they may read; `now`: only those in which they still are."""
    spans: dict[RoomId, list[Span]] = {}
    for room, first, last in keys.intervals(tx, me):
        spans.setdefault(room, []).append((first, last))
    if now:
        return {room: of for room, of in spans.items() if any(last is None for _, last in of)}
    return spans


def covers(spans: Iterable[Span], epoch: int) -> bool:
    """Whether an epoch is among them."""
    return any(first <= epoch and (last is None or epoch <= last) for first, last in spans)


def scope_of(tx: Tx, me: Pid, wanted: search_api.Search) -> Scope:
    """Where and for what somebody searches; raises `BadSearch`."""
    try:
        query = typed.read(wanted.text, _zone(wanted.zone))
    except BadQuery as error:
        raise BadSearch(error.at) from None
    spans = visible(tx, me)
    by = set(wanted.by)
    for named in query.by:
        by |= _people(tx, me, named)
    if wanted.rooms or query.rooms:
        chosen = set(wanted.rooms)
        for named in query.rooms:
            chosen |= _rooms(tx, me, spans, named)
        spans = {room: of for room, of in spans.items() if room in chosen}
    return Scope(spans, query, sorted(by) if wanted.by or query.by else None)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")


_ME: Final = {"me", "mig", "mir", "mich"}


def _people(tx: Tx, me: Pid, named: typed.Named) -> set[Pid]:
    if named.name.lower() in _ME:
        return {me}
    query = folding.Query(named.name)
    fitting = ranked(query, people.candidates(tx, *query.pieces()))[:NAMED] if query.words else []
    if not fitting:
        raise BadSearch(named.at)
    return {one.pid for one in fitting}


def _rooms(tx: Tx, me: Pid, spans: Iterable[RoomId], named: typed.Named) -> set[RoomId]:
    """Those whose title has the words, and direct messages with somebody of that name."""
    query, chosen = folding.Query(named.name), set()
    for room in spans:
        row = rooms.get(tx, room)
        title = row.title if row else ""
        if row and row.kind == Kind.DIRECT:
            title = " ".join(
                one.name for one in people.people(tx, [pid for pid in rooms.members(tx, room) if pid != me])
            )
        if query.words and query.rank(folding.fold(title), "") is not None:
            chosen.add(room)
    if not chosen:
        raise BadSearch(named.at)
    return chosen


# ---- what


def meant(tx: Tx, word: str, stemmer: Stemmer) -> Meant:
    """The words that a typed word stands for, the closest and the most used first."""
    of = stemmer.forms(word)
    ways: dict[int, Match] = {}
    said: list[str] = []

    def take(listed: Iterable[tables.Term], match: Match) -> None:
        for one in listed:
            if one.id not in ways:
                ways[one.id] = match
                said.append(one.word)

    take(tables.exact(tx, word), Match.EXACT)
    take(tables.forms(tx, of, FORMS), Match.FORM)
    if of.plain == word:  # typed without å, ä and ö
        take(tables.spelled(tx, word), Match.FORM)
    if len(word) >= SHORTEST_PART:
        inside = pattern(word)
        take((one for one in tables.parts(tx, of.plain, PARTS) if inside.search(one.word)), Match.PART)
        stem = min((one for one in (of.sv, of.de, of.en) if len(one) >= SHORTEST_PART), key=len, default=word)
        if stem != word:
            longer = tables.parts(tx, folding.plain(stem), PARTS)
            take((one for one in longer if _ends(stemmer, one.word, of.sv, of.de)), Match.PART)
    return Meant(ways, said)


def _ends(stemmer: Stemmer, word: str, sv: str, de: str) -> bool:
    """Whether a longer word is a compound whose last part is a form of the typed one: `budgetmöten` of `mötet`."""
    forms = stemmer.forms(word)
    return forms.sv.endswith(sv) or forms.de.endswith(de)


# ---- finding


def found(tx: Tx, me: Pid, wanted: search_api.Search, scope: Scope, after: tuple[int, int] | None) -> Found:
    """The page after a cursor."""
    at = mirror.progress(tx)
    reply = Found(hits=[], total=0, indexed=at.done, of=at.stored)
    numbers = mirror.room_numbers(tx, scope.rooms)
    spans = {number: scope.rooms[room] for room, number in numbers.items()}
    fits = _filter(tx, me, wanted, scope)
    query, stemmer = scope.query, Stemmer()
    words = [meant(tx, one, stemmer) for one in dict.fromkeys(query.words)]
    phrases = [[tables.exact(tx, word) for word in phrase] for phrase in query.phrases]
    reply.marks = list(
        dict.fromkeys([*(one for of in words for one in of.words), *(w for p in query.phrases for w in p)])
    )
    del reply.marks[search_api.MAX_MARKS :]
    if fits is None or not all(of.ways for of in words) or not all(all(phrase) for phrase in phrases):
        return reply
    within = sorted(spans)
    if not within or not (wanted.text.strip() or _filtered(wanted)):
        return reply
    if words or phrases:
        look = _Look(tx, words, [[one[0].id for one in phrase] for phrase in phrases], within)
        hits, match_of = look.hits(fits), look.match
    else:
        hits, match_of = tables.without_words(tx, within, fits, MOST), _no_words
    reply.least = len(hits) == MOST
    best = sorted(
        (
            _ranked(one, match_of(one.id), wanted.order)
            for one in hits
            if covers(spans[one.id >> mirror.SHIFT], one.epoch)
        ),
        key=lambda one: (-one.score, -one.hit.id),
    )
    reply.total = len(best)
    rest = [one for one in best if after is None or (-one.score, -one.hit.id) > after]
    page = rest[: wanted.limit]
    names = {number: room for room, number in numbers.items()}
    writers = mirror.pids(tx, {one.hit.person for one in page})
    reply.hits = [_told(tx, one, names[one.hit.id >> mirror.SHIFT], writers[one.hit.person]) for one in page]
    if len(rest) > len(page):
        reply.cursor = f"{page[-1].score}.{page[-1].hit.id}"
    return reply


def _filtered(wanted: search_api.Search) -> bool:
    """Whether there is anything to look for but words; rooms alone are where to look."""
    return bool(wanted.by or wanted.has or wanted.mentions or wanted.after is not None or wanted.before is not None)


def _filter(tx: Tx, me: Pid, wanted: search_api.Search, scope: Scope) -> Filter | None:
    """What a message must be; `None`: none can be so."""
    bits = 0
    for has in {*wanted.has, *scope.query.has}:
        bits |= records.BITS[Has(has)]
    starts = [one for one in (wanted.after, scope.query.after) if one is not None]
    ends = [one for one in (wanted.before, scope.query.before) if one is not None]
    who = mirror.person_numbers(tx, [me, *(scope.by or [])])
    by = None if scope.by is None else tuple(who[pid] for pid in scope.by if pid in who)
    if by == () or (wanted.mentions and me not in who):
        return None
    return Filter(
        has=bits,
        after=max(starts, default=0),
        before=min(ends, default=1 << 60),
        by=by,
        me=who[me] if wanted.mentions else 0,
    )


def _no_words(message: int) -> Match:  # noqa: ARG001  as `_Look.match` is called
    return Match.NONE


class _Look:
    """Messages that have all of the words, and how they have them."""

    def __init__(self, tx: Tx, words: list[Meant], phrases: list[list[int]], rooms: list[int]) -> None:
        self._tx, self._words, self._phrases, self._rooms = tx, words, phrases, rooms
        ways = {way for of in words for way in of.ways.values()}
        self._loosest = max(ways, key=_LOOSER.index, default=Match.EXACT)
        self._closer = [(way, self._which(way)) for way in _LOOSER[: _LOOSER.index(self._loosest)]]

    def hits(self, fits: Filter) -> list[Hit]:
        """The newest of them that fit the filter."""
        return tables.with_words(self._tx, self._what(self._loosest), self._rooms, fits, MOST)

    def match(self, message: int) -> Match:
        """The loosest way in which one of the words stands in a message, each in its closest."""
        return next((way for way, ids in self._closer if message in ids), self._loosest)

    def _which(self, way: Match) -> set[int]:
        """The messages that have every word in this way or a closer one."""
        what = self._what(way)
        return tables.which(self._tx, what, self._rooms) if what else set()

    def _what(self, way: Match) -> str:
        """What the index is asked; empty: one of the words does not occur like this at all."""
        allowed = set(_LOOSER[: _LOOSER.index(way) + 1])
        groups = [[word for word, how in of.ways.items() if how in allowed] for of in self._words]
        return tables.match(groups, self._phrases) if all(groups) else ""


def _ranked(hit: Hit, match: Match, order: Order) -> _Ranked:
    if order == Order.NEWEST:
        return _Ranked(hit.at, hit, match)
    length = 1 + 1.2 * (0.25 + 0.75 * hit.length / _USUAL)
    return _Ranked(round(1000 * (_BITS[match] + log2(2.2 / length) + hit.at / HALF_LIFE)), hit, match)


def _told(tx: Tx, one: _Ranked, room: RoomId, pid: Pid) -> search_api.Hit:
    hit = one.hit
    envelopes = [mirror.sealed(tx, n) for n in (hit.n, hit.edit) if n is not None]
    return search_api.Hit(
        room=room,
        msg=MsgId(ids.text("m", hit.msg)),
        pos=mirror.place(hit.id)[1],
        pid=pid,
        at=hit.at,
        match=one.match,
        thread=MsgId(ids.text("m", hit.thread)) if hit.thread else None,
        sealed=[jws.b64(env) for env in envelopes if env],
    )


def _cursor(text: str) -> tuple[int, int] | None:
    """Score and id after which to go on, as they are sorted; raises `BadSearch` for what is no cursor."""
    if not text:
        return None
    try:
        score, message = (int(one) for one in text.split("."))
    except ValueError:
        raise BadSearch(0) from None
    return -score, -message
