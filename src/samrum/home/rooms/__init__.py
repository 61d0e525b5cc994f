"""Rooms: who is in them, decided here, signed, chained and handed to relay. Titles stay here.

`change` has the rules as plain functions (who may add, remove, give roles; a room keeps an owner); `access` is the one way to a room,
where absent and not yours are the same answer; `actions` makes a change in one transaction: roster signed and checked by
`wire.chain`, epoch key where one is due, membership intervals, ledger, outbox, events; `view` is a room as one person sees it, for a
former member only up to the removal. `snapshots` is where devices begin, and home's word on what lies before
(decision 14).

A new epoch begins when somebody is removed or leaves, joins closed history, reports a device lost, and after 30 days. Losses within
two seconds share one; in rooms of over 500, within an hour (`actions.begin_due`).

Creating is idempotent on the client's room id,
and a direct message on its pair of people.
"""
