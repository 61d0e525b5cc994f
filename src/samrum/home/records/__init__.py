"""Records: relay's log of this authority at home, opened with home's keys: what search, mentions, mail and disclosure are made from.

    relay ─ log, read positions ─► mirror (sealed, as it is) ─ opened and checked ─► messages, mentions, index of words

Everything stands in `records.db`, apart from home's own database: it is large, and can be made anew from relay's log and home's keys.
`reader` pulls by cursor and keeps the ciphertext (`mirror`: the archive, and the copy to leave an operator with); `opening` checks and
opens as clients do; `actions` folds edits, deletions and calls into messages and writes a step of the index with its cursor in one
transaction, so that a home that is killed at any point goes on where it was, and an index made anew is the same. `tables` is its SQL;
`search` has the words. What does not hold is counted by its cause (`samrum home records status`), and never indexed.

The text itself is not kept outside the mirror: the index has a message's words in order, as numbers. An edit or a deletion takes them
out in the step that reads it, a purge (`actions.forget`) takes the mirror's copy too.
"""
