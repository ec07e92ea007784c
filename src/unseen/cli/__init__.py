"""The command line: one file per command, one voice for output."""
