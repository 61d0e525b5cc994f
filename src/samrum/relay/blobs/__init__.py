"""Sealed files: taken in pieces, kept in the bucket, given to the members of the rooms in which a message links them.

An object is what browsers know: a random name, a size, and parts. A part is what the bucket knows: one `PUT`'s bytes under a random
name of its own (decision 15). So nothing is ever half written: a part is in the bucket, then its row is in the database, then the
`PUT` is answered; whatever dies in between leaves a part that no row names, and the sweep takes it a day later. The bytes of a request
wait in a file without a name until all are there, so that slow senders hold no memory.

Nobody but relay speaks to the bucket: it sees relay's address, random names, sizes, times and ciphertext.
"""
