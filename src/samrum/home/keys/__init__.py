"""Keys: the folder of secrets, epoch keys wrapped under period keys, release to those entitled, media secrets.

    root key (file or PKCS#11 token) ─ seals ─► signing key
                    ├ seals ─► period key (tenant, month, retention class) ─ wraps ─► epoch key (room, epoch)
                    └ seals ─► day key (UTC day, destroyed 48 h after it began) ─ HKDF ─► media base (room, epoch, day)

`folder` holds signing, period and day keys in files of mode 0600, never in the database, sealed by `root` (`token` is the HSM's, `rewrap`
moves it). `actions` makes and releases: an epoch key is written wrapped, with its commitment in roster and ledger, here and at the second
place (`copy`), before it can be released; `sealing` is how it is wrapped. `recovery` is what two of three `shares` open. `use` has a key
renewed after 50,000 messages. docs/keys.md is the administrator's page. `POST /keys` needs a session, a
device's proof and, for each (room, epoch), a membership over that epoch; media bases are given for the current epoch, today and
tomorrow, to members of now. Releases are counted by room and hour, not by person.
"""
