"""Reads every log of a city and tells what must not stand there: tokens, query strings, names, addresses, texts of libraries."""

import json
import re
from pathlib import Path
from typing import Any

from samrum.demo import people

ID = re.compile(r"[pdrtkmc]_[a-z2-7]{26}(\.d_[a-z2-7]{26})?")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*|\?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
ADDRESS = re.compile(
    r"(?:\d{1,3}\.){3}\d|\d\.\d*\.?\d*\.\.\.|(?<!\w)(?!\d\d:\d\d:\d\d)[0-9a-f]*:[0-9a-f]*:[0-9a-f.]|\blocalhost\b",
    re.IGNORECASE,
)
"""IPv4 and IPv6, whole or cut at the end, with a port or without; a time of day is none."""
ANYWHERE = {
    "a token": re.compile("eyJ"),
    "a query string": re.compile(r"\?[\w.~%-]+="),
    "an address": ADDRESS,
    "an ICE credential": re.compile(r"ice-(?:pwd|ufrag):\w"),
}


def of_line(zone: str, line: str, names: set[str]) -> list[str]:
    """What is wrong with one line of a zone's log; `names` in lower case."""
    wrong = [what for what, pattern in ANYWHERE.items() if pattern.search(line)]
    low = line.lower()
    wrong += ["a name" for name in names if name in low]
    try:
        facts = json.loads(line)
    except ValueError:
        return [*wrong, "no JSON"]
    if not isinstance(facts, dict):
        return [*wrong, "no facts"]
    if zone != "livekit":  # LiveKit's lines are its own, cleaned
        wrong += _untyped(zone, facts)
    return wrong


def _untyped(zone: str, facts: dict[str, Any]) -> list[str]:
    """Whatever our typed log would not have written."""
    wrong = [] if facts.pop("zone", None) == zone else ["another zone's line"]
    if not MOMENT.fullmatch(str(facts.pop("at", ""))):
        wrong.append("no moment")
    if facts.pop("level", None) not in {"info", "warning", "error"}:
        wrong.append("no level of ours")
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", str(facts.pop("event", ""))):
        wrong.append("no event of ours")
    for key, value in facts.items():
        fits = value is None or isinstance(value, int | float)
        if not fits and not (isinstance(value, str) and (ID.fullmatch(value) or WORD.fullmatch(value))):
            wrong.append(f"the fact {key}")
    return wrong


def faults(folder: Path) -> list[str]:
    """What is wrong in all logs of a city, `zone:line number: what`; the lines themselves are not repeated."""
    logins = people.logins()
    names = {word.lower() for login in logins for word in (login.name, login.user, login.password)}
    found = []
    for file in sorted(folder.iterdir()):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            found += [f"{file.stem}:{number}: {what}" for what in of_line(file.stem, line, names)]
    return found


def lines(folder: Path) -> dict[str, int]:
    """How many lines each log has."""
    return {file.stem: len(file.read_text().splitlines()) for file in folder.iterdir()}
