"""The demo city, and `samrum up`, which starts it on one machine the way it would run on three.

Each zone is a process of its own with its own folder, keys and configuration, and gets nothing else: an environment of
three harmless variables, no secret in its arguments, no open file but its log. The launcher itself never speaks for a zone: it
writes files before the start, asks `/health`, and ends processes. The one secret that it draws is LiveKit's API key.

    DIR/home    home's database, keys, directory file, home.toml      (the authority)
    DIR/home-copy, DIR/home-recovery   what belongs on other disks: the second copy of keys, and what two of three shares open
    DIR/relay   relay's database, registered tenants, relay.toml,     (the operator)
                and what relay's neighbour LiveKit needs: livekit.yaml, livekit.keys
    DIR/store   objects, as the cloud would hold them                 (the bucket)
    DIR/logs    home.log, relay.log, livekit.log

What crosses between the folders is what would cross by letter when an authority becomes a tenant: home's public key and
addresses, in relay/tenants.json. Ports: N home (http://localhost:N), N+1 relay HTTP, N+2 relay stream, N+3 LiveKit signal,
N+4 LiveKit media (UDP); all on loopback only.

`places` names files and ports · `founding` writes them on the first start · `livekit` is LiveKit's configuration · `redact`
cleans LiveKit's output · `zones` starts, watches and ends processes · `up` puts it together · `people` is the invented city.
"""
