"""The table and the JSON file."""

import os
import platform
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from bench.stream.contender import SIZE
from bench.stream.plan import LOADS, Found, Load, Round

NAMES = ("samrum", "floor", "ejabberd", "ejabberd TCP", "Prosody")


def targets(found: Found) -> list[dict[str, Any]]:
    """What relay should reach: each with `must`, `aim` and what was measured. A ratio says how many times as much CPU the other uses."""
    large, middle, small = LOADS
    rows = []

    def less(what: str, name: str, load: Load, must: float, aim: float) -> None:
        mine, other = _cpu(found, "samrum", load), _cpu(found, name, load)
        got = other / mine if mine and other else None
        rows.append(_row(what, f"{must:g} x", f"{aim:g} x", got, "x", lambda value, limit: value >= limit, must, aim))

    def most(what: str, got: float | None, unit: str, must: float, aim: float) -> None:
        limit, wish = f"≤ {must:g} {unit}", f"≤ {aim:g} {unit}"
        rows.append(_row(what, limit, wish, got, unit, lambda value, limit: value <= limit, must, aim))

    less("ejabberd, WebSocket, room of 1,000", "ejabberd", large, 6, 9)
    less("ejabberd, WebSocket, rooms of 200", "ejabberd", middle, 6, 9)
    less("ejabberd, WebSocket, rooms of 20", "ejabberd", small, 4, 8)
    less("ejabberd, TCP, room of 1,000", "ejabberd TCP", large, 4, 5)
    less("Prosody, WebSocket, room of 1,000", "Prosody", large, 12, 18)
    mine, floor = _cpu(found, "samrum", large), _cpu(found, "floor", large)
    most("the floor, room of 1,000", mine / floor if mine and floor else None, "x", 1.5, 1.1)
    most("memory of an idle connection", found.idle.get("samrum", {}).get("pss_kb"), "KiB", 20, 15)
    most("CPU of a client that comes back", found.rejoin("samrum"), "ms", 0.6, 0.3)
    return rows


def _row(
    what: str, must: str, aim: str, got: float | None, unit: str, holds: Callable[[float, float], bool], *limits: float
) -> dict[str, Any]:
    verdict = "not measured"
    if got is not None:
        verdict = "aim met" if holds(got, limits[1]) else "must met, aim missed" if holds(got, limits[0]) else "MISSED"
    return {"against": what, "must": must, "aim": aim, "found": got, "unit": unit, "verdict": verdict}


def table(found: Found, missing: list[str], loads: tuple[float, float]) -> str:
    """The Markdown."""
    names = [name for name in NAMES if any(key[0] == name for key in found.rounds) or name in missing]
    lines = [_line("median", *names), _line("---", *("--:" for _ in names))]

    def add(what: str, value: Callable[[str], str | None]) -> None:
        lines.append(_line(what, *("not installed" if name in missing else value(name) or "-" for name in names)))

    for load in LOADS:
        people = f"rooms of {load.size:,}, {load.rate}/s in all"
        add(f"{people}: CPU µs a delivery", partial(_cpu_text, found, load))
        add("… times as much as relay", partial(_ratio, found, load))
        add("… latency p50 / p95 / p99, ms", partial(_latency, found, load))
    add("idle connection, KiB (of so many)", lambda name: _idle(found, name))
    add(f"back with the last {50} messages: CPU ms a client", lambda name: _number(found.rejoin(name)))
    lines += ["", _line("against", "must", "aim", "found", ""), _line("---", "--:", "--:", "--:", "---")]
    for row in targets(found):
        got = "-" if row["found"] is None else f"{_number(row['found'])} {row['unit']}"
        lines.append(_line(row["against"], row["must"], row["aim"], got, row["verdict"]))
    lines += ["", f"Load of the machine before and after: {loads[0]:.1f}, {loads[1]:.1f}; {os.cpu_count()} processors."]
    lines += [f"Does not count: {one}" for one in found.void]
    return "\n".join(lines) + "\n"


def document(found: Found, missing: list[str], loads: tuple[float, float]) -> dict[str, Any]:
    """The same for programs, with every round."""
    rounds: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (name, load), done in found.rounds.items():
        rounds.setdefault(name, {})[f"{load.size} at {load.rate}/s"] = [asdict(one) for one in done]
    return {
        "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "load": loads},
        "message_bytes": SIZE,
        "rounds": rounds,
        "idle": found.idle,
        "rejoins": found.rejoins,
        "targets": targets(found),
        "not_installed": missing,
        "void": found.void,
    }


def _cpu(found: Found, name: str, load: Load) -> float | None:
    return found.median(name, load, lambda one: one.cpu_us)


def _cpu_text(found: Found, load: Load, name: str) -> str:
    return _number(_cpu(found, name, load))


def _ratio(found: Found, load: Load, name: str) -> str | None:
    mine, other = _cpu(found, "samrum", load), _cpu(found, name, load)
    return f"{_number(other / mine)} x" if mine and other else None


def _latency(found: Found, load: Load, name: str) -> str | None:
    if not found.rounds.get((name, load)):
        return None
    if (found.median(name, load, _late) or 0) > 1:
        return "falls behind"
    parts = [found.median(name, load, partial(_percentile, p)) for p in ("p50", "p95", "p99")]
    return " / ".join(_number(one) for one in parts)


def _percentile(which: str, one: Round) -> float:
    return one.percentiles[which]


def _late(one: Round) -> float:
    return one.late


def _idle(found: Found, name: str) -> str | None:
    idle = found.idle.get(name)
    return f"{_number(idle['pss_kb'])} ({int(idle['connections']):,})" if idle else None


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
