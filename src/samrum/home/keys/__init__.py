"""Keys: the folder of secrets, epoch keys wrapped under period keys, release to those entitled, media secrets.

    root key (file) ─ encrypts ─► period key (tenant, month, retention class) ─ wraps ─► epoch key (room, epoch)
                    └ encrypts ─► day key (UTC day, destroyed 48 h after it began) ─ HKDF ─► media base (room, epoch, day)

`folder` holds root, signing, period and day keys in files of mode 0600, never in the database; `actions` makes and releases.
An epoch key is written wrapped, with its commitment in roster and ledger, before it can be released. `POST /keys` needs a session, a
device's proof and, for each (room, epoch), a membership over that epoch; media bases are given for the current epoch, today and
tomorrow, to members of now. Releases are counted by room and hour, not by person. Planned: a second copy, and an HSM.
"""
