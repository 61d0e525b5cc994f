"""Coverage-guided fuzzing with atheris: `make fuzz`, or `python -m tests.fuzz.cover [TARGET…]`.

Every target runs in a process of its own for its share of `FUZZ_SECONDS` (all together; default 600), starting from its seeds and from
`corpus/TARGET`, where inputs that reach new code are kept, merged to the smallest set. What breaks a parser is left as
`build/fuzz/TARGET-crash-…` and ends the run with status 1; it becomes a test by being copied into the corpus.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path(__file__).parents[2] / "build" / "fuzz"
MAX_BYTES = 4096


def child(name: str, options: list[str]) -> None:
    """Fuzzes one target; does not return."""
    import atheris  # only `make fuzz` installs it

    with atheris.instrument_imports(include=["samrum.wire", "samrum.home.ledger", "joserfc"]):
        from tests.fuzz.targets import TARGETS

    run = TARGETS[name].run

    def once(data: bytes) -> None:
        run(data)

    atheris.Setup([str(starter(name)), *options], once)
    atheris.Fuzz()


def starter(name: str) -> Path:
    """A program that is one target: libFuzzer starts itself anew when it merges."""
    path = FOUND / f"{name}.sh"
    if not path.exists():
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fuzz.cover --child {name} "$@"\n', "utf-8")
        path.chmod(0o700)
    return path


def spawn(name: str, *options: str) -> int:
    """A child with libFuzzer's options; its exit status."""
    words = [str(starter(name)), f"-max_len={MAX_BYTES}", "-verbosity=0", *options]
    return subprocess.run(words, check=False).returncode


def fuzz(name: str, seeds: list[bytes], seconds: int) -> bool:
    """One target; whether it held."""
    kept, work, first, merged = CORPUS / name, FOUND / name, FOUND / f"{name}.seeds", FOUND / f"{name}.merged"
    shutil.rmtree(merged, ignore_errors=True)
    for folder in (kept, work, first, merged):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (first / str(number)).write_bytes(seed)
    held = (
        spawn(name, f"-max_total_time={seconds}", f"-artifact_prefix={FOUND}/{name}-", *map(str, (work, first, kept)))
        == 0
    )
    spawn(name, "-merge=1", *map(str, (merged, first, kept, work)))
    # Seeds are made from the vectors, so only what goes beyond them is kept.
    beyond = [path.read_bytes() for path in merged.iterdir() if path.read_bytes() not in seeds]
    shutil.rmtree(kept)
    kept.mkdir()
    for data in beyond:
        (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    sys.stdout.write(f"{name}: {'held' if held else 'BROKEN'}, {len(beyond)} inputs kept\n")
    sys.stdout.flush()
    return held


def main() -> int:
    """Runs the targets named, or all."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    from tests.fuzz.targets import TARGETS  # after the child, which instruments this import

    names = sys.argv[1:] or list(TARGETS)
    seconds = max(1, int(float(os.environ.get("FUZZ_SECONDS", "600")) / len(names)))
    held = [fuzz(name, TARGETS[name].seeds, seconds) for name in names]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
