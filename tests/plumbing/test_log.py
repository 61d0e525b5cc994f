"""Whatever a zone hands to its log, only ids, numbers and codes come out. In a process of its own: the log is set up once."""

import json
import subprocess
import sys

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
