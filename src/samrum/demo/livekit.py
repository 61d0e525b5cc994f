"""LiveKit's configuration for one machine: loopback only, nothing that it would open by itself.

`rtc.tcp_port` is 0 since its TCP port ignores bind addresses; TURN, Prometheus and recording stay off by absence.
Format: LiveKit's own `config-sample.yaml`, server 1.13.5; it reads YAML in strict mode, of which JSON is a part.
"""

import secrets

import msgspec

from samrum.demo.places import HOST, Places

KEY = "samrum"
"""LiveKit's API key id: public, unlike its secret."""
KEY_FRAME_GAP = "200ms"


def configuration(places: Places) -> str:
    """The text of `livekit.yaml`."""
    config = {
        "port": places.base + 3,
        "bind_addresses": [HOST],
        "key_file": str(places.livekit_keys),
        "rtc": {
            "udp_port": places.base + 4,
            "tcp_port": 0,
            "node_ip": HOST,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo"]},
            # A newcomer who missed a key frame waits this long at most for the next; LiveKit's own 500 ms to 1 s show.
            "pli_throttle": dict.fromkeys(("low_quality", "mid_quality", "high_quality"), KEY_FRAME_GAP),
        },
        "room": {"auto_create": False, "empty_timeout": 60, "departure_timeout": 20, "max_participants": 0},
        "webhook": {"api_key": KEY, "urls": [f"{places.relay_url}/livekit/webhook"]},
        "logging": {"level": "info", "json": True, "pion_level": "error", "component_levels": {"api": "warn"}},
    }
    return msgspec.json.format(msgspec.json.encode(config), indent=2).decode() + "\n"


def new_keys() -> str:
    """The text of the API key file: one line `key: secret`."""
    return f"{KEY}: {secrets.token_urlsafe(36)}\n"
