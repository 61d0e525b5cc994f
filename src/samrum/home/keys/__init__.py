"""Keys: the folder of secrets, epoch keys wrapped under period keys, release to those entitled, media day keys."""
