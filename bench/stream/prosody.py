"""Prosody (https://prosody.im), as Debian packages it, with its message archive in SQLite."""

import os

from bench.stream.xmpp import HISTORY, HOST, ROOMS, Xmpp


class Prosody(Xmpp):
    """One server, over WebSocket."""

    name = "Prosody"
    program = "prosody"
    counts = ("archive.db", "SELECT count(*) FROM prosodyarchive WHERE store = 'muc_log'")

    def command(self) -> tuple[list[str], dict[str, str]]:
        config = self.base / "prosody.cfg.lua"
        config.write_text(f"""
run_as_root = true
daemonize = false
pidfile = "{self.base}/prosody.pid"
data_path = "{self.base}"
log = {{ warn = "{self.base}/prosody.log" }}
network_settings = {{ read_timeout = 7200 }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.tcp_port} }}
http_ports = {{ {self.web_port} }}
https_ports = {{ }}
modules_enabled = {{ "saslauth", "websocket" }}
modules_disabled = {{ "s2s", "tls", "offline", "admin_shell" }}
c2s_require_encryption = false
consider_websocket_secure = true
http_host = "127.0.0.1"
storage = {{ muc_log = "sql" }}
sql = {{ driver = "SQLite3", database = "{self.base}/archive.db" }}
VirtualHost "{HOST}"
  authentication = "anonymous"
  http_host = "127.0.0.1"
  http_paths = {{ websocket = "/xmpp-websocket" }}
Component "{ROOMS}" "muc"
  modules_enabled = {{ "muc_mam" }}
  muc_room_locking = false
  muc_room_cache_size = 10000
  muc_room_default_persistent = true
  muc_room_default_history_length = {HISTORY}
  muc_room_default_presence_broadcast = {{ visitor = false, participant = false, moderator = false }}
""")
        return ["prosody", "--config", str(config), "-F"], {"PATH": os.defpath, "HOME": str(self.base)}
