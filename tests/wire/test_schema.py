"""The committed schema of the web client is the one that the structs say now."""

import json
import sys

from samrum.wire import schema, stream


def test_the_committed_schema_is_current(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["schema", "--check"])
    assert schema.main() == 0


def test_a_difference_is_seen(monkeypatch, tmp_path):
    stale = tmp_path / "schema.json"
    stale.write_text(schema.TARGET.read_text("utf-8").replace('"grant"', '"grand"', 1), "utf-8")
    monkeypatch.setattr(schema, "TARGET", stale)
    monkeypatch.setattr(sys, "argv", ["schema", "--check"])
    assert schema.main() == 1


def test_every_frame_is_there_and_strict():
    made = json.loads(schema.TARGET.read_text("utf-8"))
    assert len(made["frames"]["client"]) + len(made["frames"]["relay"]) == len(stream.CLIENT) + len(stream.RELAY)
    for name in [*made["frames"]["client"].values(), *made["frames"]["relay"].values()]:
        assert made["$defs"][name]["additionalProperties"] is False
    assert made["$defs"]["Send"]["properties"]["env"] == {"bytes": True}
