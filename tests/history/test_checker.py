"""The checker finds each fault that is planted, names it, and finds nothing in a history that is right."""

from tests.history.checker import (
    FIRST,
    Acked,
    Complete,
    Event,
    Fault,
    Got,
    Kept,
    Killed,
    Opened,
    Row,
    Tried,
    Wrote,
    check,
    said,
)

A, B, ROOM = "d_a", "d_b", "r_1"


def digest(msg_id: str, form: int = 0) -> bytes:
    return f"{msg_id}/{form}".encode()


class Story:
    """A right history of two devices, both readers of one room, with a kill in its middle; and its store."""

    def __init__(self) -> None:
        self.events: list[Event] = [Opened(A, ROOM, 0), Opened(B, ROOM, 0)]
        self.rows: list[Row] = []
        self.seqs = {A: 0, B: 0}
        for dev, msg_id in ((A, "m1"), (B, "m2"), (A, "m3")):
            self.message(dev, msg_id)
        self.events += [Killed(), Opened(A, ROOM, 3), Opened(B, ROOM, 3)]
        # m3 again, since its acknowledgement might have been lost: the same place; m4 sealed anew under a newer key.
        self.events += [Tried(A, ROOM, "m3", 2, digest("m3", 1)), Acked(A, ROOM, "m3", 3, digest("m3"))]
        self.events += [Wrote(B, ROOM, "m4"), Tried(B, ROOM, "m4", 2, digest("m4"))]
        self.message(B, "m4", epoch=2, form=1, wrote=False)
        self.message(A, "m5", epoch=2)
        self.events += [Wrote(B, ROOM, "m9"), Tried(B, ROOM, "m9", 3, digest("m9")), Kept(B, ROOM, "m9")]
        self.events += [Complete(A, ROOM), Complete(B, ROOM)]

    def message(self, dev: str, msg_id: str, *, epoch: int = 1, form: int = 0, wrote: bool = True) -> None:
        self.seqs[dev] += 1
        pos, hash_ = len(self.rows) + 1, digest(msg_id, form)
        self.rows.append(Row(ROOM, pos, msg_id, dev, self.seqs[dev], epoch, hash_))
        self.events += [Wrote(dev, ROOM, msg_id)] if wrote else []
        self.events += [Tried(dev, ROOM, msg_id, self.seqs[dev], hash_), Acked(dev, ROOM, msg_id, pos, hash_)]
        self.events += [Got(reader, ROOM, pos, hash_, live=True) for reader in (A, B)]

    def drop(self, kind: type[Event], **facts: object) -> None:
        self.events = [one for one in self.events if not _is(one, kind, facts)]

    def change(self, kind: type[Event], facts: dict[str, object], **to: object) -> None:
        assert any(_is(one, kind, facts) for one in self.events)
        self.events = [one._replace(**to) if _is(one, kind, facts) else one for one in self.events]

    def row(self, at: int, /, **to: object) -> None:
        self.rows = [one._replace(**to) if one.pos == at else one for one in self.rows]

    def faults(self) -> set[Fault]:
        return {one.fault for one in check(self.events, self.rows)}


def _is(event: Event, kind: type[Event], facts: dict[str, object]) -> bool:
    return isinstance(event, kind) and all(getattr(event, name) == value for name, value in facts.items())


def test_a_right_history_has_no_violation():
    assert check(Story().events, Story().rows) == []
    assert check([], []) == []


def test_an_acknowledged_message_that_is_gone():
    story = Story()
    story.rows = story.rows[:-1]
    story.drop(Got, pos=5)
    assert story.faults() == {Fault.LOST}


def test_an_acknowledged_message_that_a_kill_took():
    story = Story()
    story.events = story.events[: story.events.index(Killed()) + 1]
    story.rows = story.rows[:2]
    story.drop(Got, pos=3)
    assert story.faults() == {Fault.ACKNOWLEDGED_EARLY}


def test_news_of_what_a_kill_took():
    story = Story()
    story.events = story.events[: story.events.index(Killed()) + 1]
    story.rows = story.rows[:2]
    story.drop(Acked, msg_id="m3")
    assert story.faults() == {Fault.PASSED_ON_EARLY, Fault.STUCK}


def test_a_message_that_is_stored_twice():
    story = Story()
    story.rows.append(story.rows[-1]._replace(pos=6, seq=4))
    story.events.append(Tried(A, ROOM, "m5", 4, story.rows[-1].hash))
    assert Fault.DOUBLED in story.faults()


def test_a_message_that_a_reader_got_twice():
    story = Story()
    story.events.append(Got(A, ROOM, 6, digest("m5"), live=True))
    assert story.faults() == {Fault.DOUBLED, Fault.READERS_DIFFER}


def test_a_repeat_with_another_position():
    story = Story()
    story.events.append(Acked(A, ROOM, "m3", 9, digest("m3")))
    assert story.faults() == {Fault.MOVED}


def test_other_bytes_than_the_acknowledged_ones():
    story = Story()
    story.change(Acked, {"msg_id": "m2"}, hash=b"other")
    assert story.faults() == {Fault.HASH}


def test_bytes_that_changed_in_the_store():
    story = Story()
    story.row(2, hash=b"other")
    assert story.faults() == {Fault.HASH, Fault.READERS_DIFFER}


def test_a_message_that_nobody_sent():
    story = Story()
    story.rows.append(Row(ROOM, 6, "m7", A, 4, 2, b"forged"))
    story.drop(Complete)
    assert story.faults() == {Fault.UNSENT}


def test_news_that_nobody_sent():
    story = Story()
    story.events.append(Got(A, ROOM, 6, b"forged", live=True))
    assert story.faults() == {Fault.UNSENT}


def test_a_device_whose_messages_changed_places():
    story = Story()
    one, other = (row for row in story.rows if row.msg_id in {"m1", "m3"})
    story.rows[0], story.rows[2] = other._replace(pos=1, seq=1), one._replace(pos=3, seq=2)
    assert Fault.ORDER in story.faults()


def test_a_sequence_with_a_gap():
    story = Story()
    story.change(Tried, {"msg_id": "m5"}, seq=4)
    story.row(5, seq=4)
    assert story.faults() == {Fault.SEQUENCE}


def test_two_messages_at_one_position():
    story = Story()
    story.rows.append(story.rows[-1]._replace(pos=4))
    assert Fault.POSITION_REUSED in story.faults()


def test_a_position_that_held_two_messages_one_after_the_other():
    story = Story()
    story.events.insert(story.events.index(Killed()), Tried(B, ROOM, "m8", 2, digest("m8")))
    story.events.insert(story.events.index(Killed()), Got(A, ROOM, 4, digest("m8"), live=True))
    story.events.append(Kept(B, ROOM, "m8"))
    assert story.faults() == {Fault.POSITION_REUSED, Fault.PASSED_ON_EARLY}


def test_an_empty_position():
    story = Story()
    story.change(Acked, {"msg_id": "m5"}, pos=6)
    story.change(Got, {"pos": 5}, pos=6)
    story.row(5, pos=6)
    assert story.faults() == {Fault.POSITION_SKIPPED, Fault.NEWS_GAP, Fault.MISSED}


def test_two_readers_that_see_another_order():
    story = Story()
    story.change(Got, {"reader": B, "pos": 1}, hash=digest("m2"))
    story.change(Got, {"reader": B, "pos": 2}, hash=digest("m1"))
    assert story.faults() == {Fault.READERS_DIFFER}


def test_news_that_skip_a_position():
    story = Story()
    story.change(Got, {"reader": B, "pos": 2}, live=False)
    assert story.faults() == {Fault.NEWS_GAP}


def test_news_that_go_back():
    story = Story()
    story.events.append(Got(A, ROOM, 5, digest("m5"), live=True))
    assert story.faults() == {Fault.NEWS_BACK}


def test_a_gap_that_was_never_filled():
    story = Story()
    story.drop(Got, reader=A, pos=4)
    story.events.insert(story.events.index(Got(A, ROOM, 5, digest("m5"), live=True)), Opened(A, ROOM, 4))
    assert story.faults() == {Fault.MISSED}


def test_a_message_under_a_key_that_was_over():
    story = Story()
    story.row(5, epoch=1)
    assert story.faults() == {Fault.EPOCH_BACK}


def test_a_message_that_waits_for_ever():
    story = Story()
    story.events.append(Wrote(A, ROOM, "m8"))
    assert story.faults() == {Fault.STUCK}


def test_a_draft_that_went_all_the_same():
    story = Story()
    story.drop(Acked, msg_id="m5")
    story.events.append(Kept(A, ROOM, "m5"))
    assert story.faults() == {Fault.DRAFT_STORED}


def test_a_violation_names_where():
    story = Story()
    story.rows = story.rows[:-1]
    story.drop(Got, pos=5)
    (found,) = check(story.events, story.rows)
    assert str(found) == "LOST r_1#5 m5: acknowledged, but not in the store"
    assert said([found, *([found] * 9)]).count("LOST") == FIRST
