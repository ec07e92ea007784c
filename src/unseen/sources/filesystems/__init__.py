"""File systems: from a range of sectors to files, deleted files and the space that no file covers.

Images and partitions that hold the range, and encryption around it, are other layers'. Nothing here is mounted.
"""
