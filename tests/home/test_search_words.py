"""Words and searches as they are read: cutting, folding, stems, quotes, filters."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samrum.home.search import query
from samrum.home.search.query import BadQuery, Named, Query
from samrum.home.search.words import LONGEST, Stemmer, pattern, words
from samrum.wire.search_api import MAX_SEARCH, Has

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hej, **Åsa** & co!", ["hej", "åsa", "co"]),
        ("Straße naïve Ørsted", ["strasse", "naive", "orsted"]),
        ("sö\u00adka no\u200bll \u202evänd", ["söka", "noll", "vänd"]),
        ("mo\u0308te", ["möte"]),
        ("https://a.se/x_y 12:30", ["https", "a", "se", "x", "y", "12", "30"]),
        ("🎉 … !", []),
        ("x" * 100, ["x" * LONGEST]),
    ],
)
def test_texts_are_cut_into_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    "same",
    [
        "möte mötet möten mötena mötenas",
        "båt båtar båten båtarnas",
        "meeting meetings",
        "haus häuser hauses",
        "sitzung sitzungen",
    ],
)
def test_forms_of_a_word_share_a_stem(same: str) -> None:
    stemmer = Stemmer()
    of = [stemmer.forms(word) for word in same.split()]
    for one in of[1:]:
        assert {("sv", one.sv), ("en", one.en), ("de", one.de)} & {("sv", of[0].sv), ("en", of[0].en), ("de", of[0].de)}


@pytest.mark.parametrize("other", ["möte mot", "rått ratt", "lån lan"])
def test_other_words_do_not(other: str) -> None:
    one, two = (Stemmer().forms(word) for word in other.split())
    assert (one.sv, one.en, one.de) != (two.sv, two.en, two.de)
    assert not any(left == right for left, right in zip(one[2:], two[2:], strict=True))


def test_a_plain_letter_finds_more_than_one_with_dots() -> None:
    assert pattern("mote").search("budgetmöten")
    assert not pattern("möte").search("mote")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("möte Budget", Query(words=["möte", "budget"])),
        ('"två ord" „drei“', Query(phrases=[["två", "ord"], ["drei"]])),
        ("12:30 e-post", Query(phrases=[["12", "30"], ["e", "post"]])),
        ('från:"Åsa Ek" von:bo', Query(by=[Named("Åsa Ek", 0), Named("bo", 14)])),
        ("i:kök in:x", Query(rooms=[Named("kök", 0), Named("x", 6)])),
        ("has:bild hat:PDF", Query(has=[Has.PICTURE, Has.PDF])),
        ("efter:2026-01-31 vor:1.7.2026", Query(after=1769814000, before=1782856800)),
        ("before:2026", Query(before=1767222000)),
        ("okänt:ord", Query(phrases=[["okänt", "ord"]])),
        ("   ", Query()),
    ],
)
def test_what_is_typed_is_read(text: str, found: Query) -> None:
    assert query.read(text, ZONE) == found


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('"', 0),
        ("a von:", 2),
        ('a "b', 2),
        ("har:", 0),
        ("x vor:i morgon", 2),
        ("after:2026-02-30", 0),
        ("before:99999", 0),
        ("…", 0),
        ("a " * 33, 64),
    ],
)
def test_what_cannot_be_read_says_where(text: str, at: int) -> None:
    with pytest.raises(BadQuery) as error:
        query.read(text, ZONE)
    assert error.value.at == at


@given(st.text(st.characters(codec="utf-8") | st.sampled_from('":från has.2026-1'), max_size=MAX_SEARCH))
def test_anything_is_read_or_refused_with_its_place(text: str) -> None:
    at, found = 0, Query()
    try:
        found = query.read(text, ZONE)
    except BadQuery as error:
        at = error.at
    assert 0 <= at < max(1, len(text))
    assert len(found.words) + len(found.phrases) <= query.MOST
    assert all(words(word) == [word] for word in found.words)
