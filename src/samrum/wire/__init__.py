"""The only vocabulary that zones share: ids, signed statements, envelopes, stream frames, HTTP bodies.

No input or output happens here, and nothing here knows a zone's insides. `docs/protocol.md` is the same in prose. Everything is strict:
unknown fields, other spellings of ids and other key types are refused. Formats may break until 1.0 (reasons in `docs/decisions/`);
from then on each zone speaks N and N-1.

`ids`, `base`, `codes`, `jws` are what all stand on · `statements` what home and devices sign, `chain` what a room's statements add up to,
`ledger` what the ledger's entries do · `envelope`, `aead`, `content` a message from outside to inside · `keys` derivations · `stream`,
`relay_api`, `home_api` the three borders · `schema` the same for TypeScript. Relay does without `content`, `keys` and
`home_api`: a wall.
"""
