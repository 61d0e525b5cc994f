"""`make bench-stream`: relay as it is in the product against other servers and against the floor, interleaved in one run.

`plan` says what is measured and `__main__` runs it. Each server is a contender (`contender.Contender`): `samrum` starts a real relay with real
rosters, grants and sealed messages; `floor` is a C program that does nothing but send; `ejabberd` and `prosody` speak XMPP (`xmpp`). All are
driven by the same C code (`native`, `driver.c`), which counts every delivery. `proc` reads what a server used from the kernel, and `report`
writes the table and the JSON file. Ports 21000 to 21099 of this machine's loopback; data below `build/bench-stream`, on the disk.
"""
