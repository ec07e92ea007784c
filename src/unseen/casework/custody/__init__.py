"""Custody: who may see, hold and erase what a case holds, and the record of it."""
