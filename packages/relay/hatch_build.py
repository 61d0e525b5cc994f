"""Which files make relay's wheel: `plumbing`, `relay`, and of `wire` what relay may know."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path(__file__).parents[2] / "src"
FOLDERS = ("wire", "plumbing", "relay")
LEFT_OUT = {
    "wire/content.py", "wire/keys.py", "wire/schema.py", "wire/home_api.py", "wire/rooms_api.py", "wire/search_api.py",
    "wire/moderation_api.py", "wire/hooks_api.py", "wire/export_api.py",
}  # fmt: skip
"""What opens messages, what makes keys, what browsers ask of home, and the generator of the web client's types."""


class RelayFiles(BuildHookInterface[Any]):
    """Names each file on its own, so that only what is meant to be there gets in."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  as called
        """Called by hatchling before it builds."""
        package = SOURCE / "samrum"
        files = [package / "__init__.py", *(file for name in FOLDERS for file in (package / name).rglob("*.py"))]
        for file in sorted(files):
            if file.relative_to(package).as_posix() not in LEFT_OUT:
                build_data["force_include"][str(file)] = file.relative_to(SOURCE).as_posix()
