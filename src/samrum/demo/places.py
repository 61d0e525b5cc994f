"""Where everything of one demo city is: folders, files, ports."""

from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Places:
    """Files below `data` (absolute) and ports from `base` on."""

    data: Path
    base: int

    @property
    def home(self) -> Path:
        """Home's folder."""
        return self.data / "home"

    @property
    def relay(self) -> Path:
        """Relay's folder, with LiveKit's configuration: the same operator runs both."""
        return self.data / "relay"

    @property
    def store(self) -> Path:
        """The bucket."""
        return self.data / "store"

    @property
    def logs(self) -> Path:
        """Every zone's log."""
        return self.data / "logs"

    @property
    def home_keys(self) -> Path:
        """Folder of home's secrets."""
        return self.home / "keys"

    @property
    def second_copy(self) -> Path:
        """Home's second copy of every wrapped room key."""
        return self.data / "home-copy"

    @property
    def recovery(self) -> Path:
        """What two of three shares open, once somebody made shares."""
        return self.data / "home-recovery"

    @property
    def mail(self) -> Path:
        """Where home's letters lie, in place of a mail server."""
        return self.data / "mail"

    @property
    def apart(self) -> tuple[Path, Path]:
        """Home's folders that belong on other disks."""
        return self.second_copy, self.recovery

    @property
    def directory(self) -> Path:
        """The city's people, as home's directory file."""
        return self.home / "city.json"

    @property
    def tenants(self) -> Path:
        """The tenants registered with relay."""
        return self.relay / "tenants.json"

    @property
    def livekit_keys(self) -> Path:
        """LiveKit's API key and secret, which relay and LiveKit share (0600)."""
        return self.relay / "livekit.keys"

    @property
    def home_url(self) -> str:
        """Home's origin. Another host name than relay's, since cookies ignore ports."""
        return f"http://localhost:{self.base}"

    @property
    def relay_url(self) -> str:
        """Relay's HTTP."""
        return f"http://{HOST}:{self.base + 1}"

    @property
    def stream_url(self) -> str:
        """Relay's stream."""
        return f"ws://{HOST}:{self.base + 2}"

    @property
    def livekit_url(self) -> str:
        """LiveKit's signalling, as browsers use it."""
        return f"ws://{HOST}:{self.base + 3}"

    @property
    def livekit_api(self) -> str:
        """LiveKit's API, as relay uses it."""
        return f"http://{HOST}:{self.base + 3}"


def project() -> Path | None:
    """The checkout that this code runs from, or `None` when it is installed as a wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "media" / "go.mod").is_file() else None
