"""The ground that every zone stands on: nothing here knows a zone.

`config` reads a zone's TOML and refuses what it does not know · `log` takes ids, numbers, codes and `Word`s, nothing else (it knows their
spelling from `wire`) · `sql`, `transactions`, `migrate` open SQLite, run whole transactions in threads and publish them in the order of
their commits, and bring a schema up to date · `clock` is time that tests can move · `tasks` is the process: loop, signals, exit code ·
`http` is a server whose every error is a code.
"""
