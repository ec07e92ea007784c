"""Speed and memory beside the peers, in one run. Nothing here is a test: see `README.md` in this folder."""
