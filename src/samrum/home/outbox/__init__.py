"""The outbox: what home owes relay, written with the change it tells of, delivered in order per lane."""
