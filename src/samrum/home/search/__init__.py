"""Search over what one may see, and the mentions one has not read.

`words` cuts and stems, for the index and for searches; `query` reads what somebody typed; `tables` has the index: a vocabulary whose
stems and parts say which words are meant, and FTS5 over the messages' words; `actions` finds: only in rooms, and of these only in the
epochs, that the person's memberships cover (rule 3), also after leaving. `http` is `POST /search` and `GET /mentions`: what was looked
for stands in the body, never in an address or a log.

How hits are ranked: every word has to occur, so what parts them is how (as it stands, in another form, within a longer word), how long
the message is (BM25's normalisation), and how new: a message loses half of its weight in 90 days. The order does not depend on the
time of the search, so pages fit together.
"""
