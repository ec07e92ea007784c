"""One script for each kind of work. Each runs in an interpreter of its own, ours or the peers', and speaks JSON."""
