"""SQL of the index: the vocabulary with its stems, parts of words, and the messages' words in order (`body`).

`body` is an FTS5 table whose words are numbers of the vocabulary, so that what a search asks of it is made of numbers alone. Its rows are
in the order of `records.tables.message_id`: the messages of a room lie together, and a room is a range.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from samrum.home.records.tables import SHIFT
from samrum.home.search.words import Forms
from samrum.plumbing.transactions import Prepared, Tx


def _sql(text: str) -> Prepared:
    return Prepared(sa.text(text))


_IDS = _sql("SELECT word, id FROM vocabulary WHERE word IN (SELECT value FROM json_each(:words))")
_NEW = _sql(
    "INSERT INTO vocabulary (word, plain, sv, en, de, messages) VALUES (:word, :plain, :sv, :en, :de, 0)",
)
_NEW_PART = _sql("INSERT INTO part (rowid, plain) VALUES (:id, :plain)")
_COUNT = _sql("UPDATE vocabulary SET messages = messages + :by WHERE id = :id")
_UNUSED = _sql("SELECT id, plain FROM vocabulary WHERE messages <= 0 AND id IN (SELECT value FROM json_each(:ids))")
_DROP_PART = _sql("INSERT INTO part (part, rowid, plain) VALUES ('delete', :id, :plain)")
_DROP = _sql("DELETE FROM vocabulary WHERE id = :id")
_BODY = _sql("SELECT words FROM body WHERE rowid = :id")
_BODIES = _sql("SELECT rowid, words FROM body WHERE rowid BETWEEN :first AND :last")
_PUT_BODY = _sql("INSERT INTO body (rowid, words) VALUES (:id, :words)")
_DROP_BODY = _sql("DELETE FROM body WHERE rowid = :id")
_MERGE = sa.text("INSERT INTO body (body, rank) VALUES ('merge', :pages)")
_CHANGES = sa.text("SELECT total_changes()")
_WORD = "id, word, messages"
_EXACT = _sql(f"SELECT {_WORD} FROM vocabulary WHERE word = :word")  # noqa: S608  constants
_FORMS = _sql(
    f"SELECT {_WORD} FROM vocabulary WHERE sv = :sv OR en = :en OR de = :de "  # noqa: S608
    "ORDER BY messages DESC LIMIT :limit",
)
_PLAIN = _sql(f"SELECT {_WORD} FROM vocabulary WHERE plain = :plain ORDER BY messages DESC LIMIT 20")  # noqa: S608
_PARTS = _sql(
    f"SELECT {_WORD} FROM vocabulary WHERE id IN (SELECT rowid FROM part WHERE part MATCH :three) "  # noqa: S608
    "ORDER BY messages DESC LIMIT :limit",
)
_HIT = "m.id, m.at, m.person, m.epoch, m.n, m.edit, m.msg, m.thread, m.length"
_FITS = (
    "m.deleted = 0 AND m.kind = 1 AND (:has = 0 OR m.has & :has) AND m.at >= :after AND m.at < :before "
    "AND (:by IS NULL OR m.person IN (SELECT value FROM json_each(:by))) "
    "AND (:me = 0 OR m.everyone = 1 OR EXISTS (SELECT 1 FROM mention q WHERE q.id = m.id AND q.person = :me)) "
    "ORDER BY m.at DESC, m.id DESC LIMIT :most"
)
_THERE = "b.body MATCH :what AND b.rowid BETWEEN :first AND :last AND (b.rowid >> 28) IN (SELECT value FROM json_each(:rooms))"
_WITH = _sql(
    f"SELECT {_HIT} FROM body b CROSS JOIN message m ON m.id = b.rowid WHERE {_THERE} AND {_FITS}",  # noqa: S608
)
_WHICH = _sql(f"SELECT b.rowid FROM body b WHERE {_THERE}")  # noqa: S608
_WITHOUT = _sql(
    f"SELECT {_HIT} FROM json_each(:rooms) r CROSS JOIN message m "  # noqa: S608
    f"ON m.id BETWEEN (r.value << 28) AND ((r.value + 1) << 28) - 1 WHERE {_FITS}",
)
MERGED_PAGES: Final = 200
"""Pages that one step of merging writes."""


class Term(NamedTuple):
    """One word of the vocabulary."""

    id: int
    word: str
    messages: int
    """In how many messages it stands."""


class Hit(NamedTuple):
    """One message that fits."""

    id: int
    at: int
    person: int
    epoch: int
    n: int
    edit: int | None
    msg: bytes
    thread: bytes | None
    length: int
    """How many words it has."""


# ---- writing


def put(tx: Tx, texts: dict[int, list[str]], forms: Callable[[str], Forms]) -> None:
    """The words of new messages by id; an empty list is a message without any."""
    ids = _ids(tx, {word for words in texts.values() for word in words}, forms)
    counts: Counter[int] = Counter()
    rows: list[dict[str, object]] = []
    for message in sorted(texts):  # a message out of order would begin a new piece of the index
        numbers = [ids[word] for word in texts[message]]
        counts.update(set(numbers))
        rows.append({"id": message, "words": " ".join(map(str, numbers))})
    _PUT_BODY.run(tx, rows)
    _COUNT.run(tx, [{"id": word, "by": by} for word, by in counts.items()])


def _ids(tx: Tx, words: set[str], forms: Callable[[str], Forms]) -> dict[str, int]:
    """The numbers of words, new ones made."""
    listed = sorted(words)
    ids: dict[str, int] = dict(_IDS.rows(tx, {"words": json.dumps(listed)}))
    fresh = [forms(word)._asdict() for word in listed if word not in ids]
    if fresh:
        _NEW.run(tx, fresh)
        made: dict[str, int] = dict(_IDS.rows(tx, {"words": json.dumps([one["word"] for one in fresh])}))
        _NEW_PART.run(tx, [{"id": made[one["word"]], "plain": one["plain"]} for one in fresh])
        ids |= made
    return ids


def drop(tx: Tx, messages: Iterable[int]) -> int:
    """Takes messages' words out, and words that no message has any more; tells how many messages had any."""
    counts: Counter[int] = Counter()
    gone: list[dict[str, object]] = []
    for message in sorted(messages):
        row = _BODY.row(tx, {"id": message})
        if row is not None:
            gone.append({"id": message})
            counts.update({int(one) for one in row[0].split()})
    _DROP_BODY.run(tx, gone)
    _COUNT.run(tx, [{"id": word, "by": -by} for word, by in counts.items()])
    unused = [{"id": word, "plain": plain} for word, plain in _UNUSED.rows(tx, {"ids": json.dumps(list(counts))})]
    _DROP_PART.run(tx, unused)
    _DROP.run(tx, unused)
    return len(gone)


def drop_range(tx: Tx, first: int, last: int) -> int:
    """As `drop`, of all messages with ids from `first` to `last`."""
    return drop(tx, [row[0] for row in _BODIES.rows(tx, {"first": first, "last": last})])


def merge(tx: Tx) -> bool:
    """One step of merging the index's pieces, so that what was taken out leaves its pages too; tells whether there is more to do."""
    before: int = tx.execute(_CHANGES).scalar_one()
    tx.execute(_MERGE, {"pages": -MERGED_PAGES})
    after: int = tx.execute(_CHANGES).scalar_one()
    return after - before >= 2  # the documentation of FTS5: fewer changes mean that there was nothing to merge


# ---- finding words


def exact(tx: Tx, word: str) -> list[Term]:
    """The word itself, if any message has it."""
    return [Term(*row) for row in _EXACT.rows(tx, {"word": word})]


def forms(tx: Tx, of: Forms, limit: int) -> list[Term]:
    """Words that are forms of it, itself too, the most used first."""
    values = {"sv": of.sv, "en": of.en, "de": of.de, "limit": limit}
    return [Term(*row) for row in _FORMS.rows(tx, values)]


def spelled(tx: Tx, plain: str) -> list[Term]:
    """Words that are the same without å, ä and ö."""
    return [Term(*row) for row in _PLAIN.rows(tx, {"plain": plain})]


def parts(tx: Tx, plain: str, limit: int) -> list[Term]:
    """Words that have these letters (three at least) in them, or nearly: every three of them in a row. The most used first."""
    three = " AND ".join(f'"{plain[at : at + 3]}"' for at in range(len(plain) - 2))
    return [Term(*row) for row in _PARTS.rows(tx, {"three": three, "limit": limit})]


# ---- finding messages


def match(groups: Sequence[Sequence[int]], phrases: Sequence[Sequence[int]]) -> str:
    """What `body` is asked: of each group any word, of each phrase all in a row."""
    said = [f"({' OR '.join(map(str, group))})" for group in groups]
    said += [f'"{" ".join(map(str, phrase))}"' for phrase in phrases]
    return " AND ".join(said)


class Filter(NamedTuple):
    """What a message must be beside having words. `has` are bits, `by` numbers of people, `me` is who is mentioned (0: whoever)."""

    has: int = 0
    after: int = 0
    before: int = 1 << 60
    by: tuple[int, ...] | None = None
    me: int = 0


def with_words(tx: Tx, what: str, rooms: Sequence[int], fits: Filter, most: int) -> list[Hit]:
    """The newest messages of some rooms (their numbers) that have the words and fit the filter."""
    return [Hit(*row) for row in _WITH.rows(tx, {"what": what} | _within(rooms) | _values(fits, most))]


def which(tx: Tx, what: str, rooms: Sequence[int]) -> set[int]:
    """The ids of all messages of some rooms that have the words."""
    return {row[0] for row in _WHICH.rows(tx, {"what": what} | _within(rooms))}


def without_words(tx: Tx, rooms: Sequence[int], fits: Filter, most: int) -> list[Hit]:
    """The newest messages of some rooms (their numbers) that fit the filter alone."""
    return [Hit(*row) for row in _WITHOUT.rows(tx, {"rooms": json.dumps(list(rooms))} | _values(fits, most))]


def _values(fits: Filter, most: int) -> dict[str, object]:
    return fits._asdict() | {"by": None if fits.by is None else json.dumps(fits.by), "most": most}


def _within(rooms: Sequence[int]) -> dict[str, object]:
    first, last = min(rooms) << SHIFT, ((max(rooms) + 1) << SHIFT) - 1
    return {"rooms": json.dumps(list(rooms)), "first": first, "last": last}
