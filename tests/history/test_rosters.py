"""The judge of roster changes finds what is planted, and nothing in what is right."""

from samrum.wire import ids
from samrum.wire.chain import RoomState
from samrum.wire.statements import MemberEntry, Role
from tests.history.rosters import Answer, Fault, check
from tests.relay.client import Authority, Room

ANNA, BO = ids.new_pid(), ids.new_pid()


def story() -> tuple[list[Answer], list[str], str]:
    """Anna's room, which Bo enters and leaves."""
    authority = Authority()
    room = authority.room(ANNA)
    authority.change(room, add=[MemberEntry(pid=BO, role=Role.MEMBER)])
    authority.change(room, remove=[BO], new_epoch=True)
    answers = [Answer(room.room, 1, ANNA, member=True), Answer(room.room, 2, BO, member=True)]
    return [*answers, Answer(room.room, 3, BO, member=False)], room.rosters, room.room


def faults(answers: list[Answer], kept: list[str], applied: list[str], room: str) -> set[Fault]:
    return {fault for fault, _, _ in check(answers, {room: kept}, {room: applied})}


def test_a_right_story_has_no_violation():
    answers, chain, room = story()
    assert check(answers, {room: chain}, {room: chain}) == []


def test_an_answer_without_its_change():
    answers, chain, room = story()
    assert faults(answers, chain[:2], chain[:2], room) == {Fault.LOST}


def test_an_answer_that_says_otherwise():
    answers, chain, room = story()
    answers[1] = Answer(room, 2, BO, member=False)
    assert faults(answers, chain, chain, room) == {Fault.UNDONE}


def test_a_chain_with_a_gap():
    answers, chain, room = story()
    assert Fault.BROKEN in faults(answers[:2], [chain[0], chain[2]], [chain[0], chain[2]], room)


def test_a_change_that_did_not_arrive():
    answers, chain, room = story()
    assert faults(answers, chain, chain[:2], room) == {Fault.UNDELIVERED}


def test_a_change_that_home_never_made():
    answers, chain, room = story()
    other = Authority()
    foreign = other.change(Room(RoomState(other.tenant, ids.new_room())), add=[], new_epoch=True)
    assert faults(answers, chain, [*chain, foreign], room) == {Fault.INVENTED}


def test_changes_in_another_order():
    answers, chain, room = story()
    assert faults(answers, chain, [chain[1], chain[0], chain[2]], room) == {Fault.DISORDER}
