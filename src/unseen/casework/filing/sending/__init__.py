"""Reports on their way to an authority: decided by a named person, sent by a worker, each step on record."""
