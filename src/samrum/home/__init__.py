"""Home: the zone of the authority itself. It alone knows who is behind a pseudonym, and it decides who is in a room.

What it holds: people and their pseudonyms, sessions, devices and certificates, rooms with their titles and signed chains, epoch keys
(wrapped), the ledger, and what it still owes relay. No message comes here, and no connection stays open: browsers ask, and
relay carries home's *hints* to ask again.

    browser ──► site (headers, own page only) ──► login.door (session) ──► http.py of a folder ──► its actions.py
                                                                                │ one transaction
        people, devices, rooms, keys, ledger entry, events of `since`, outbox rows ◄─┘
    outbox, ledger ──► flows.outside (only flows of flows.toml) ──► relay

Every action is one transaction of one database file: the change, its ledger entry and what relay must hear stand or fall
together. Inside a folder `http` parses and answers, `actions` decides, `tables` holds the SQL, `outside` reaches other systems.

`directory` takes people over · `login` checks passwords and opens sessions · `devices` certifies browsers and ends them · `people` finds
and names colleagues · `rooms` signs rosters · `channels` are found and joined · `pictures` of rooms · `settings` are people's own ·
`keys` makes, wraps and releases · `since` tells what changed · `outbox` delivers to relay · `ledger` chains what was decided ·
`flows` is the register of connections · `site` serves the web client · `app` wires it by hand.

Lifetimes: session 12 h idle, 30 days at most, 12 h in all where the browser keeps nothing · certificate 30 days, or 12 h · grant 24 h ·
proof 60 s · media day key 48 h · epoch key 30 days. Limits: keys 10,000 a person and minute; sign-in is slowed after 5 failures a user
and 30 an address.
"""
