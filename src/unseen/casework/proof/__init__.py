"""What keeps and checks the proof of what was done: recording, sealing, verifying, keys, witnesses."""
