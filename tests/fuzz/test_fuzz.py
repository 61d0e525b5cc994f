"""Hypothesis over every target: noise, spoilt good inputs, and what atheris once found. `FUZZ_SECONDS` is the time for all of them."""

import os
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
CORPUS = Path(__file__).parent / "corpus"
ROUND = 100


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_the_declared_error(name: str) -> None:
    target = TARGETS[name]
    end = time.monotonic() + SECONDS / len(TARGETS)
    hostile = st.randoms(use_true_random=False).map(target.hostile)
    first = Random().getrandbits(64)

    def run(number: int) -> None:
        @seed(first + number)
        @settings(
            max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
        )
        @given(st.binary(max_size=600) | hostile | hostile | hostile | hostile)
        def once(data: bytes) -> None:
            if time.monotonic() < end:
                target.run(data)

        once()

    number = 0
    while number == 0 or time.monotonic() < end:
        run(number)
        number += 1


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_corpus(name: str) -> None:
    """Some seeds are taken, so that the targets are not refusing everything; nothing in the corpus breaks a parser."""
    target = TARGETS[name]
    taken = [target.run(data) for data in target.seeds]
    assert any(taken) or name in {"statement", "ledger"}  # signed by keys that these targets do not hold
    for kept in sorted((CORPUS / name).glob("*")):
        target.run(kept.read_bytes())


@pytest.mark.parametrize(
    "name", [name for name, one in TARGETS.items() if one.shapes and name not in {"header", "ledger"}]
)
def test_bent_inputs_are_taken_and_refused(name: str) -> None:
    """The mutations reach both sides of the parser's door (where a small change can leave an input good)."""
    random = Random(1)
    verdicts = [TARGETS[name].run(TARGETS[name].hostile(random)) for _ in range(400)]
    assert 1 <= sum(verdicts) <= 398
