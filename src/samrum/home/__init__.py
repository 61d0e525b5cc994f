"""Home: the zone of the authority itself. It alone knows who is behind a pseudonym, and it decides who is in a room.

What it holds: people and their pseudonyms, sessions, devices and certificates, rooms with their signed chains, epoch keys
(wrapped), the ledger, and what it still owes relay. It never holds a message here, and no long connection: browsers ask, and
relay carries home's *hints* to ask again.

    browser ──► site (headers, own page only) ──► login.door (session) ──► http.py of a folder ──► its actions.py
                                                                                │ one transaction
        people, devices, rooms, keys, ledger entry, events of `since`, outbox rows ◄─┘
    outbox ──► flows.outside (only flows of flows.toml) ──► relay

Every action is one transaction of one database file: the change, its ledger entry and what relay must hear stand or fall
together. `directory` takes people over, `login` checks passwords, `devices` certifies browsers, `rooms` signs rosters, `keys`
wraps and releases, `since` tells what changed, `site` serves the web client.

Lifetimes: session 12 h idle, 30 days at most · certificate 30 days, or 12 h · grant 24 h · proof 60 s · media day key 48 h ·
epoch key 30 days. Limits: keys 10,000 a person and minute, sign-in slowed after 5 failures a user and 30 an address.
"""
