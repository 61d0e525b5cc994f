"""Whatever a zone hands to its log, only ids, numbers and codes come out. In a process of its own: the log is set up once."""

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import logging
from samrum.plumbing import log as logs
from samrum.plumbing.log import Word
from samrum.wire.codes import Code

log = logs.setup("relay")
room = "r_" + "a" * 26
log.info("message.sent", room=room, size=3, code=Code.SLOW, part=Word("hub"), name="Åsa Ek", nothing=None)
log.info("identity", who="p_" + "a" * 26 + ".d_" + "a" * 26, nearly="p_" + "a" * 25, path=Word("../x y"))
try:
    raise ValueError("Åsa Ek wrote hej")
except ValueError as error:
    log.error("broken", error=error)
    logging.getLogger("library").exception("Åsa Ek %s", "hej")
logging.getLogger("library").warning("Åsa Ek said %s", "hej")
logging.getLogger("library").info("Åsa Ek")
print("Åsa Ek")
"""


def test_names_and_texts_cannot_get_into_the_log() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert "Åsa" not in done.stderr
    assert "hej" not in done.stderr
    assert "\\u00c5" not in done.stderr
    sent, identity, broken, raised, said = map(json.loads, done.stderr.splitlines())
    assert sent["zone"] == "relay"
    assert (sent["event"], sent["room"], sent["size"]) == ("message.sent", "r_" + "a" * 26, 3)
    assert (sent["code"], sent["part"], sent["name"], sent["nothing"]) == ("slow", "hub", "?", None)
    assert identity["who"].startswith("p_aaa")
    assert (identity["nearly"], identity["path"]) == ("?", "?")
    assert (broken["level"], broken["error"]) == ("error", "ValueError")
    assert (raised["library"], raised["error"]) == ("library", "ValueError")
    assert (said["library"], said["level"]) == ("library", "warning")


FULL = """
import resource, sys
from samrum.plumbing import log as logs

log = logs.setup("relay")
log.info("disk.fine")
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, unlimited[1]))
for number in range(500):
    log.info("disk.full", number=number)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
log.info("disk.fine_again")
print("alive")
"""


def test_a_full_disk_under_the_log_ends_no_zone(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        done = subprocess.run([sys.executable, "-c", FULL], stdout=subprocess.PIPE, stderr=log, check=False)
    assert done.stdout == b"alive\n"
    lines = (tmp_path / "log").read_text().splitlines()
    assert "disk.fine" in lines[0]
    assert '"event":"log.late"' in lines[-1]
    assert 490 < json.loads(lines[-1])["lines"] <= 500
