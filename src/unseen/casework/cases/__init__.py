"""Cases: gathered from findings, owned, moved on, ended by a recorded outcome."""
