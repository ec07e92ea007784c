"""Locked processes that look into containers: members come out, one by one, and no path goes in."""
