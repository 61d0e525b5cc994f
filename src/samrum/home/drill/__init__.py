"""The drill: a home's keys rebuilt from two shares, the second copy and relay's log, to show that it can be done.

`restore` makes a key folder under a new root key from what two shares open; `log` pulls relay's log as home, or reads a file of it;
`actions` opens sample messages with the keys of the second copy and counts. No text, name or key is printed. People, names and rooms
come back from a backup of the database, which the drill does not need: see docs/keys.md.
"""
