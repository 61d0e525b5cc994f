"""Judges what became of roster changes: what home acknowledged to browsers, what it keeps, what relay applied. Pure, as `checker`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from samrum.wire import jws
from samrum.wire.statements import Roster


@dataclass(frozen=True)
class Answer:
    """Home answered a browser: at `version` of `room`, `pid` is a member or is not."""

    room: str
    version: int
    pid: str
    member: bool


class Fault(StrEnum):
    """What may be wrong with rosters."""

    LOST = "acknowledged to a browser, but home does not keep it"
    UNDONE = "acknowledged to a browser, but that version says otherwise"
    BROKEN = "home's own chain has a gap, a repeat or a break"
    UNDELIVERED = "home keeps it, but it did not reach relay"
    INVENTED = "relay applied what home does not keep"
    DISORDER = "relay's order is not home's"


def check(
    answers: Sequence[Answer], kept: Mapping[str, Sequence[str]], applied: Mapping[str, Sequence[str]]
) -> list[tuple[Fault, str, int]]:
    """Violations by room and version; `kept` and `applied` are statements by room, in the order of their versions."""
    return [*_answers(answers, kept), *_chains(kept), *_delivery(kept, applied)]


def _roster(statement: str) -> Roster:
    return jws.peek(statement, Roster)


def _answers(answers: Sequence[Answer], kept: Mapping[str, Sequence[str]]) -> Iterator[tuple[Fault, str, int]]:
    members = {room: _members(chain) for room, chain in kept.items()}
    for answer in answers:
        states = members.get(answer.room, [])
        if len(states) < answer.version:
            yield Fault.LOST, answer.room, answer.version
        elif (answer.pid in states[answer.version - 1]) is not answer.member:
            yield Fault.UNDONE, answer.room, answer.version


def _members(chain: Sequence[str]) -> list[frozenset[str]]:
    """Who is in the room after each version."""
    states = [frozenset[str]()]
    for statement in chain:
        roster = _roster(statement)
        states.append(states[-1] - set(roster.remove) | {one.pid for one in roster.add})
    return states[1:]


def _chains(kept: Mapping[str, Sequence[str]]) -> Iterator[tuple[Fault, str, int]]:
    for room, chain in kept.items():
        prev = jws.FIRST
        for version, statement in enumerate(chain, 1):
            roster = _roster(statement)
            if (roster.room, roster.version, roster.prev) != (room, version, prev):
                yield Fault.BROKEN, room, version
            prev = jws.digest(statement)


def _delivery(
    kept: Mapping[str, Sequence[str]], applied: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Fault, str, int]]:
    for room in kept.keys() | applied.keys():
        mine, theirs = kept.get(room, ()), applied.get(room, ())
        for version, statement in enumerate(mine, 1):
            if statement not in theirs:
                yield Fault.UNDELIVERED, room, version
        for version, statement in enumerate(theirs, 1):
            if statement not in mine:
                yield Fault.INVENTED, room, version
        common = [one for one in theirs if one in mine]
        if common != [one for one in mine if one in theirs]:
            yield Fault.DISORDER, room, 0
