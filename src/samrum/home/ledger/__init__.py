"""The ledger: home's append-only, hash-chained log of ids and hashes, whose signed head relay witnesses.

`chain` lists what is written: devices certified and ended, rosters signed, epoch keys made (by commitment), builds of the web client
served. An entry is appended in the transaction of what it tells of. Every minute `actions` signs the head if it changed and hands it
to relay with the hashes of the new entries; relay recomputes and refuses a head that does not extend the last. `GET /ledger` gives
entries and signed head to whoever is signed in, `export` writes them as a file; `wire.ledger` verifies both, with public keys alone.
"""
