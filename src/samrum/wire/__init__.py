"""The only vocabulary that zones share: ids, signed statements, envelopes, stream frames, HTTP bodies.

No input or output happens here, and nothing here knows a zone's insides. Each module is one border; `docs/protocol.md`
is the same in prose. Everything is strict: unknown fields, other spellings of ids and other key types are refused.
Formats may break until 1.0 (formats decided in `docs/decisions/`); from then on each zone speaks N and N-1.
"""
