"""ejabberd (https://www.ejabberd.im), as Debian packages it, with its message archive in SQLite."""

import json
import os

from bench.stream.xmpp import HISTORY, HOST, ROOMS, Xmpp

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
"""Where Debian's ejabberdctl lets Erlang look."""


MOST = 5000
"""People in a room."""
BACKLOG = 1024
"""Its own 5 keep callers waiting whom nobody else would."""


class Ejabberd(Xmpp):
    """One node, started without Erlang's distribution: nothing of it listens but its two doors."""

    program = "ejabberdctl"
    counts = ("archive.db", "SELECT count(*) FROM archive WHERE kind = 'groupchat'")

    def __init__(self, *, web: bool) -> None:
        super().__init__(web=web)
        self.name = "ejabberd" if web else "ejabberd TCP"

    def command(self) -> tuple[list[str], dict[str, str]]:
        settings = {
            "hosts": [HOST],
            "loglevel": "warning",
            "log_rotate_count": 0,
            "auth_method": ["anonymous"],
            "anonymous_protocol": "sasl_anon",
            "websocket_ping_interval": 7200,  # s; the driver answers nothing, and most clients are silent for most of the time
            "websocket_timeout": 7200,
            "sql_type": "sqlite",
            "sql_database": str(self.base / "archive.db"),
            "listen": [
                {"port": self.tcp_port, "ip": "127.0.0.1", "module": "ejabberd_c2s", "backlog": BACKLOG},
                {
                    "port": self.web_port,
                    "ip": "127.0.0.1",
                    "module": "ejabberd_http",
                    "backlog": BACKLOG,
                    "request_handlers": {"/xmpp-websocket": "ejabberd_http_ws"},
                },
            ],
            "modules": {
                "mod_mam": {"db_type": "sql", "default": "never"},  # of people's own archives; rooms have theirs
                "mod_muc": {
                    "host": ROOMS,
                    "db_type": "mnesia",
                    "history_size": HISTORY,
                    "max_users": MOST,
                    "default_room_options": {
                        "mam": True,
                        "persistent": True,
                        "presence_broadcast": [],
                        "max_users": MOST,
                    },
                },
            },
        }
        (self.base / "ejabberd.yml").write_text(json.dumps(settings))  # JSON is YAML
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.base),
            "ERL_LIBS": LIBRARIES,
            "ERL_MAX_PORTS": "32000",
            "EJABBERD_CONFIG_PATH": str(self.base / "ejabberd.yml"),
            "EJABBERD_LOG_PATH": str(self.base / "ejabberd.log"),
            "ERL_CRASH_DUMP_BYTES": "0",
        }
        # `+sbwt none` and its sisters: schedulers that have nothing to do sleep instead of spinning, which would count as work
        spin = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]
        mnesia = f'"{self.base / "mnesia"}"'
        command = ["erl", "+K", "true", "+P", "250000", *spin, "-noinput", "-mnesia", "dir", mnesia, "-s", "ejabberd"]
        return command, environment
