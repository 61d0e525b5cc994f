"""Nothing but ids, numbers and words of our own source gets into a log: by type, by source, and by whatever else a process writes."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted((ROOT / "src/samrum").rglob("*.py"))
NOT_LITERAL = {
    ("plumbing/tasks.py", "event"),  # `survive` hands its caller's on, and callers are looked at below
    ("home/outbox/actions.py", "row.kind"),  # a column that our code alone fills
    ("plumbing/log.py", None),  # where words are made and checked
}
"""Events and `Word`s that are no literals, with the reason."""

PAST_THE_LOG = """
import asyncio, gc, logging, sys, threading, warnings
from samrum.plumbing import log, tasks

class Dying:
    def __del__(self):
        raise ValueError("Åsa Ek died")

def fail():
    raise ValueError("Åsa Ek in a thread")

async def main(stop):
    log.setup("relay")
    thread = threading.Thread(target=fail, name="Åsa Ek")
    thread.start()
    thread.join()
    Dying()
    warnings.warn("Åsa Ek is deprecated")
    logging.getLogger("library").critical("Åsa Ek said %s", "hej")
    asyncio.get_running_loop().call_soon(fail)
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("Åsa Ek was forgotten"))
    del future
    gc.collect()
    await asyncio.sleep(0.01)
    raise ValueError("Åsa Ek ends everything")

tasks.run(main)
"""


def test_what_python_would_write_itself_becomes_facts() -> None:
    done = subprocess.run([sys.executable, "-c", PAST_THE_LOG], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert "Åsa" not in done.stderr
    assert "hej" not in done.stderr
    told = [(line["event"], line["library"], line.get("error")) for line in lines]
    assert told == [
        ("library.error", "python", "ValueError"),
        ("library.error", "python", "ValueError"),
        ("library.said", "py.warnings", None),
        ("library.said", "library", None),
        *[("library.error", "asyncio", "ValueError")] * 2,
        ("library.error", "python", "ValueError"),
    ]


def calls(file: Path, wanted: object) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call) and wanted(node)]  # type: ignore[operator]


def is_log_call(node: ast.Call) -> bool:
    named = isinstance(node.func, ast.Attribute) and node.func.attr in {"info", "warning", "error"}
    return named and ast.unparse(node.func.value).rpartition(".")[2].endswith("log")  # type: ignore[attr-defined]


def said(node: ast.Call) -> list[ast.expr]:
    """The words of a call that must stand in the source: a log's event, what becomes a `Word`, the event of `survive`."""
    if is_log_call(node):
        return node.args[:1]
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return node.args[:1] if name == "Word" else node.args[2:3] if name == "survive" else []


def test_every_event_and_word_stands_in_the_source() -> None:
    found = 0
    for file in SOURCES:
        path = file.relative_to(ROOT / "src/samrum").as_posix()
        for node in calls(file, said):
            for word in said(node):
                found += 1
                allowed = {(path, ast.unparse(word)), (path, None)} & NOT_LITERAL
                literal = isinstance(word, ast.Constant) and isinstance(word.value, str)
                assert literal or allowed, f"{path}:{node.lineno}: {ast.unparse(word)} is no literal"
    assert found > 30


@pytest.mark.parametrize(
    "code", ['log.info(f"{name}.came")', 'log.info("came", who=Word(name))', "survive(w, log, name)"]
)
def test_a_word_made_from_data_is_seen(code: str) -> None:
    words = [word for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) for word in said(node)]
    assert not all(isinstance(word, ast.Constant) for word in words)


def test_nothing_prints() -> None:
    """A zone's standard output is its log. Only the command and the launcher speak to a terminal."""
    for file in SOURCES:
        path = file.relative_to(ROOT / "src/samrum").as_posix()
        if path.startswith(("home/", "relay/", "plumbing/")):
            written = [ast.unparse(node.func) for node in calls(file, lambda _node: True)]
            assert not {"print", "sys.stdout.write", "traceback.print_exc", "traceback.print_exception"} & set(
                written
            ), path


FACTS = """from samrum.plumbing.log import Log
Log().info("room.made", title={})
"""


@pytest.mark.parametrize(("fact", "passes"), [('"Åsas rum"', False), ("3", True)])
def test_a_plain_text_is_no_fact(tmp_path: Path, fact: str, *, passes: bool) -> None:
    """mypy refuses two lines that log a text, and takes the same with a number."""
    (tmp_path / "facts.py").write_text(FACTS.format(fact))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", tmp_path / "facts.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    assert passes or 'has incompatible type "str"' in done.stdout
