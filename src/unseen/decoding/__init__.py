"""Bytes to pixels, by an allow-list of formats. No policy, no hashing."""
